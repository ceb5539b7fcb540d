#!/usr/bin/env python3
"""Holds the committed capture against the plan, with tshark as the witness.

usage: check_capture.py --relocate PROGRAM [--write]

Fails when an account's visit is missing, a checksum is wrong, a handshake took another time than the
planned path allows, a SYN does not look as planned, a claim names a connection that is not there, or
tshark no longer says what expected_tshark.tsv holds. --write writes that file instead.
Ends with 77 (skipped) when there is no tshark.
"""

import argparse
import collections
import csv
import io
import json
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
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

FRAME_FIELDS = [
    "frame.time_epoch", "frame.len", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "ip.ttl", "ipv6.hlim",
    "ip.checksum.status", "tcp.checksum.status", "udp.checksum.status", "tcp.stream", "udp.stream",
    "tcp.srcport", "udp.srcport", "tcp.flags.syn", "tcp.flags.ack", "tcp.window_size_value",
    "tcp.options.mss_val", "tcp.options.wscale.shift", "tcp.option_kind",
    "tcp.analysis.initial_rtt", "tls.handshake.type", "tls.handshake.extensions_server_name",
    "tls.handshake.extensions_alpn_str", "tls.handshake.ja3", "tls.handshake.ja3s",
    "tls.handshake.version", "tls.handshake.extensions.supported_version",
]  # fmt: skip

COLUMNS = [
    "transport", "client", "client_port", "server", "first_packet_us", "client_rtt_us", "server_rtt_us",
    "initial_rtt_us", "ttl", "window", "mss", "window_scale", "options", "sni", "alpn", "ja3", "ja3s",
    "tls_version",
]  # fmt: skip


def read_frames():
    command = ["tshark", "-n", "-r", str(CAPTURE), "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a"]
    for check in ("ip.check_checksum", "tcp.check_checksum", "udp.check_checksum"):
        command += ["-o", check + ":TRUE"]
    for field in FRAME_FIELDS:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"tshark: {done.stderr}")
    return [dict(zip(FRAME_FIELDS, line.split("\t"))) for line in done.stdout.splitlines()]


def microseconds(epoch):
    seconds, _, fraction = epoch.partition(".")
    return int(seconds) * 1_000_000 + int((fraction + "000000")[:6])


def is_on(flag):
    return flag in ("1", "True")


def summarize(transport, frames):
    """What one stream shows, from tshark's fields alone."""
    first = frames[0]
    row = dict.fromkeys(COLUMNS, "")
    row["transport"] = transport
    row["client"] = first["ip.src"] or first["ipv6.src"]
    row["server"] = first["ip.dst"] or first["ipv6.dst"]
    row["client_port"] = first["tcp.srcport"] or first["udp.srcport"]
    row["first_packet_us"] = str(microseconds(first["frame.time_epoch"]))
    row["ttl"] = first["ip.ttl"] or first["ipv6.hlim"]
    if transport == "tcp":
        summarize_handshake(row, frames)
    for frame in frames:
        kinds = frame["tls.handshake.type"].split(",")
        if "1" in kinds and not row["ja3"]:
            row["sni"] = frame["tls.handshake.extensions_server_name"]
            row["alpn"] = frame["tls.handshake.extensions_alpn_str"]
            row["ja3"] = frame["tls.handshake.ja3"]
        if "2" in kinds and not row["ja3s"]:
            row["ja3s"] = frame["tls.handshake.ja3s"]
            chosen = frame["tls.handshake.extensions.supported_version"] or frame["tls.handshake.version"]
            row["tls_version"] = chosen.split(",")[0]
    return row


def summarize_handshake(row, frames):
    syn = frames[0]
    row["window"] = syn["tcp.window_size_value"]
    row["mss"] = syn["tcp.options.mss_val"]
    row["window_scale"] = syn["tcp.options.wscale.shift"]
    row["options"] = syn["tcp.option_kind"].replace(",", "-")
    times = [microseconds(frame["frame.time_epoch"]) for frame in frames]
    syn_ack = next(i for i, f in enumerate(frames) if is_on(f["tcp.flags.syn"]) and is_on(f["tcp.flags.ack"]))
    source = syn["ip.src"] or syn["ipv6.src"]
    ack = next(
        i for i, f in enumerate(frames) if i > syn_ack and (f["ip.src"] or f["ipv6.src"]) == source
    )
    row["server_rtt_us"] = str(times[syn_ack] - times[0])
    row["client_rtt_us"] = str(times[ack] - times[syn_ack])
    tshark_says = next((f["tcp.analysis.initial_rtt"] for f in frames if f["tcp.analysis.initial_rtt"]), "")
    row["initial_rtt_us"] = str(round(float(tshark_says) * 1e6)) if tshark_says else ""


def streams_of(frames):
    by_stream = collections.defaultdict(list)
    for frame in frames:
        transport = "tcp" if frame["tcp.stream"] else "udp"
        by_stream[transport, frame["tcp.stream"] or frame["udp.stream"]].append(frame)
    return [summarize(transport, own) for (transport, _), own in by_stream.items()]


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


def as_table(streams):
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(streams)
    return text.getvalue()


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
    if not shutil.which("tshark"):
        print("SKIPPED: tshark is not installed, the demo capture was NOT checked", file=sys.stderr)
        sys.exit(77)

    frames = read_frames()
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
