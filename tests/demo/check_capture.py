#!/usr/bin/env python3
"""Holds the committed capture against the plan, with tshark as the witness.

usage: check_capture.py --relocate PROGRAM [--write]

Fails when an account's visit is missing, a checksum is wrong, a handshake took another time than the
planned path allows, a SYN does not look as planned, a claim names a connection that is not there, or
tshark no longer says what expected_tshark.tsv holds. --write writes that file instead.
Ends with 77 (skipped) when there is no tshark.
"""

import argparse
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.dont_write_bytecode = True  # a test leaves nothing in the source tree

from tshark_streams import as_table, microseconds, need_tshark, read_frames, streams_of  # noqa: E402

CAPTURE = HERE / "demo.pcap"
CLAIMS = HERE / "claims.ndjson"
EXPECTED = HERE / "expected_tshark.tsv"

MAX_BYTES = 4 << 20
MAX_FRAME = 1514
INITIAL_TTL = 64  # of every client: all were recorded on Linux

# What a bridge on a busy machine may add to a planned delay: it is late, never early.
LATE_US = 3000
LATE_SHARE = 0.15

# A visit's connections all start within this time of its first packet.
VISIT_SECONDS = 10

def check_frames(frames):
    last = 0
    for number, frame in enumerate(frames, 1):
        now = microseconds(frame["frame.time_epoch"])
        if now < last:
            yield f"frame {number}: earlier than the one before"
        last = now
        if int(frame["frame.len"]) > MAX_FRAME:
            yield f"frame {number}: {frame['frame.len']} bytes, larger than a cable carries"
        for field in ("ip.checksum.status", "tcp.checksum.status", "udp.checksum.status"):
            if frame[field] not in ("", "1"):
                yield f"frame {number}: {field} is {frame[field]}, not good (1)"
        if frame["ip.src"] and not frame["ip.checksum.status"]:
            yield f"frame {number}: IPv4 header checksum was not checked"
        if not frame["tcp.checksum.status"] and not frame["udp.checksum.status"]:
            yield f"frame {number}: transport checksum was not checked"


def check_visits(visits, streams):
    planned_addresses = {visit["address"] for visit in visits}
    for stream in streams:
        if stream["client"] not in planned_addresses:
            yield f"{stream['client']}: not in the plan"
    for visit in visits:
        start = int(visit["at_us"])
        own = [
            stream
            for stream in streams
            if stream["client"] == visit["address"]
            and 0 <= int(stream["first_packet_us"]) - start < VISIT_SECONDS * 1_000_000
        ]
        if not own or int(own[0]["first_packet_us"]) != start:
            yield f"{visit['visit']}: no connection starts when the plan says"
        for stream in own:
            yield from (f"{visit['visit']}: {fault}" for fault in check_stream(visit, stream))


def check_stream(visit, stream):
    if stream["server"] != visit["edge"]:
        yield f"went to {stream['server']}"
    if int(stream["ttl"]) != INITIAL_TTL - int(visit["hops"]):
        yield f"TTL {stream['ttl']}"
    if stream["sni"] not in ("", "work.platform.example"):
        yield f"server name {stream['sni']}"
    if stream["transport"] != "tcp":
        return
    headers = 60 if ":" in visit["address"] else 40
    if int(stream["mss"]) != int(visit["mtu"]) - headers:
        yield f"MSS {stream['mss']} at MTU {visit['mtu']}"
    planned = int(visit["rtt_us"])
    took = int(stream["client_rtt_us"])
    if not planned <= took <= planned + max(LATE_US, planned * LATE_SHARE):
        yield f"port {stream['client_port']}: handshake took {took} us, planned {planned}"
    if int(stream["server_rtt_us"]) > LATE_US:
        yield f"port {stream['client_port']}: server took {stream['server_rtt_us']} us"


def check_claims(streams):
    there = {(s["client"], s["client_port"]) for s in streams if s["ja3"]}
    without_session = set()
    for line in CLAIMS.read_text().splitlines():
        claim = json.loads(line)
        if "port" in claim and (claim["ip"], str(claim["port"])) not in there:
            without_session.add(claim["account"])
    if without_session != {"w-1419"}:
        yield f"claims without a TLS session: {sorted(without_session)}, planned is w-1419 alone"


def read_visits(relocate):
    columns = ["visit", "client", "lab", "lab_server", "rtt_us", "mtu", "path", "at_us", "address", "edge", "hops"]
    listed = subprocess.run(
        [relocate, "--plan", str(HERE / "plan.yaml"), "--list-visits"], capture_output=True, text=True, check=True
    )
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in listed.stdout.splitlines()]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--relocate", required=True)
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    need_tshark("the demo capture was")

    frames = read_frames(CAPTURE)
    streams = streams_of(frames)
    table = as_table(streams)
    if options.write:
        EXPECTED.write_text(table)
    faults = list(check_frames(frames))
    faults += check_visits(read_visits(options.relocate), streams)
    faults += check_claims(streams)
    if CAPTURE.stat().st_size >= MAX_BYTES:
        faults.append(f"{CAPTURE.name} is too large")
    if EXPECTED.read_text() != table:
        faults.append(f"{EXPECTED.name} is not what tshark says now")
    print(f"{len(frames)} frames, {len(streams)} connections, {len(faults)} faults")
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
