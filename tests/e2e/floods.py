#!/usr/bin/env python3
"""floods.py SEKIMORI: honest connections in the middle of a million others keep their fingerprints, and memory stays bounded.

One capture of ten seconds, at 110,000 frames a second: SYNs of a million sources that are never answered, clients that send their
hello one byte a segment and never end, fragments of packets that never become whole, and 200 recorded connections of curl (a
hello in one segment) and Chromium (in two). The sensor may remember 65,536 sessions and 256 hellos in part.

The capture is written by tests/golden/packets.py, which shares no code with the product.
"""

import json
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "golden"))
import packets as p  # noqa: E402
import sessions as s  # noqa: E402

SECOND = 1_000_000_000  # ns
SOURCES = 1_000_000
SLOW_CLIENTS, SLOW_BYTES = 1_000, 40
BROKEN_PACKETS = 40_000
HONEST = 200
LENGTH = 10 * SECOND
ROOM_MB = 150  # resident; 74 were measured

SENSOR = """
sensor:
  observer: flood
  flows: {capacity: 65536, stream_heads: 256}
  workers: 1
collector: {}
"""


def ethernet(ip):
    return p.ethernet(ip, True)


def ipv4(source, destination, protocol, payload, identification, fragment=0):
    """Without checksums: what a sensor sees behind a card that fills them in later."""
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), identification, fragment, 55, protocol, 0, source,
                       destination) + payload


def tcp(source_port, sequence, flags, payload=b""):
    return struct.pack(">HHIIBBHHH", source_port, 443, sequence, 1, 0x50, flags, 64240, 0, 0) + payload


SERVER = bytes([192, 0, 2, 1])


def syn_flood(dice):
    for n in range(SOURCES):
        source = struct.pack(">I", (11 << 24) + n)
        yield n * LENGTH // SOURCES, ethernet(ipv4(source, SERVER, 6, tcp(1024 + n % 60000, dice.getrandbits(32), 2), n & 0xFFFF))


def slow_hellos(hello):
    for n in range(SLOW_CLIENTS):
        source = struct.pack(">I", (12 << 24) + n)
        for at in range(SLOW_BYTES):
            segment = tcp(2000, 1001 + at, 0x18, hello[at:at + 1])
            yield (n + at * SLOW_CLIENTS) * LENGTH // (SLOW_CLIENTS * SLOW_BYTES), ethernet(ipv4(source, SERVER, 6, segment, at + 1))


def broken_fragments(dice):
    for n in range(BROKEN_PACKETS):
        source = struct.pack(">I", (13 << 24) + n)
        piece = dice.randbytes(512)
        yield n * LENGTH // BROKEN_PACKETS, ethernet(ipv4(source, SERVER, 17, piece, n & 0xFFFF, 0x2000))


def honest(session, n):
    """A recorded connection, from an address of its own, beginning at its turn."""
    address = bytes([14, 0, n >> 8, n & 0xFF])
    begin = (n + 1) * (LENGTH - 2 * SECOND) // HONEST
    for packet in session:
        ip = bytearray(packet.ip)
        if s.from_client(packet):
            ip[12:16] = address
        else:
            ip[16:20] = address
        moved = packet.but(ip=bytes(ip))
        yield begin + packet.time_ns - session[0].time_ns, p.ethernet(moved.to_bytes(), s.from_client(packet))


def write_capture(path, recorded):
    dice = random.Random(4)
    frames = list(syn_flood(dice))
    frames += slow_hellos(s.hello_of(recorded["curl"])[0])
    frames += broken_fragments(dice)
    for n in range(HONEST):
        frames += honest(recorded["curl" if n % 2 else "chromium"], n)
    frames.sort(key=lambda one: one[0])
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, p.ETHERNET))
        for at, frame in frames:
            file.write(struct.pack("<IIII", 1_700_000_000 + at // SECOND, at % SECOND, len(frame), len(frame)) + frame)
    return len(frames)


def replay(sekimori, folder, *words):
    """Records as bytes, the report, and the most memory that it took, in MB."""
    sessions, report = folder / "sessions", folder / "report"
    with open(sessions, "wb") as out, open(report, "wb") as err:
        process = subprocess.Popen([sekimori, "replay", "--sessions", "-", *words], stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"floods.py: status {status}: {report.read_text(errors='replace')}")
    return sessions.read_bytes(), report.read_text(), used.ru_maxrss / 1024


def fingerprint(record):
    return record.get("tls", {}).get("client", {}).get("ja4")


def count(report, pattern):
    found = re.search(pattern, report)
    if not found:
        sys.exit(f"floods.py: '{pattern}' is not in the report: {report}")
    return int(found[1])


def main():
    sekimori = sys.argv[1]
    recorded = s.load_sessions()
    expected = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name in ("chromium", "curl"):  # alone, without a flood
            alone = folder / f"{name}.pcap"
            alone.write_bytes(p.pcap([(packet.time_ns, p.ethernet(packet.to_bytes(), s.from_client(packet)))
                                      for packet in recorded[name]], p.ETHERNET))
            expected.append(fingerprint(json.loads(replay(sekimori, folder, alone)[0])))
        assert all(expected) and expected[0] != expected[1], expected

        config, capture = folder / "sekimori.yaml", folder / "flood.pcap"
        config.write_text(SENSOR)
        # In a process of its own: a child's memory is counted from that of who started it.
        frames = int(subprocess.run([sys.executable, __file__, "write", capture], check=True, capture_output=True).stdout)
        lines, report, megabytes = replay(sekimori, folder, "--config", config, capture)

    named = {}
    sessions = 0
    for line in lines.splitlines():
        sessions += 1
        if b'"ip":"14.0.' in line:
            record = json.loads(line)
            named[record["client"]["ip"]] = fingerprint(record)
    wrong = [n for n in range(HONEST) if named.get(f"14.0.{n >> 8}.{n & 0xFF}") != expected[n % 2]]
    print(f"{frames} frames, {sessions} sessions, {HONEST - len(wrong)} of {HONEST} honest ones with their fingerprint, "
          f"{megabytes:.0f} MB\n{report.strip()}")
    assert not wrong, f"honest connections without their fingerprint: {wrong}"
    assert megabytes < ROOM_MB, f"{megabytes:.0f} MB"
    # Nothing vanishes: every source has its record, and what was forgotten is told.
    assert sessions >= SOURCES + SLOW_CLIENTS + HONEST, sessions
    assert count(report, r"(\d+) of them forgotten early for want of room") > SOURCES / 2
    assert count(report, r"(\d+) hellos given up for want of room") >= SLOW_CLIENTS - 256
    assert count(report, r"(\d+) fragments made") >= BROKEN_PACKETS
    assert count(report, r"packets, (\d+) of them none") >= BROKEN_PACKETS


if __name__ == "__main__":
    if sys.argv[1] == "write":
        print(write_capture(sys.argv[2], s.load_sessions()))
    else:
        main()
