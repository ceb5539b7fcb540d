#!/usr/bin/env python3
"""Compares facts.tsv of every golden case with what tshark says of its capture; --write writes them instead.

Columns are those of tests/tshark_streams.py. Ends with 77 (skipped) when there is no tshark.
"""

import concurrent.futures
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.dont_write_bytecode = True  # a test leaves nothing in the source tree

from tshark_streams import as_table, need_tshark, read_frames, streams_of  # noqa: E402

CHECKSUMS = ("ip.checksum.status", "tcp.checksum.status", "udp.checksum.status")
GOOD = {"", "1", "3"}  # none, right, not there: UDP around a tunnel may go without
CUT = {"snaplen_96"}  # here most checksums cannot be checked


def main():
    write = sys.argv[1:] == ["--write"]
    need_tshark("the golden captures were")
    faults = []
    captures = sorted(path for path in HERE.glob("*/capture.*"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        all_frames = list(pool.map(read_frames, captures))
    for capture, frames in zip(captures, all_frames):
        case = capture.parent.name
        if case not in CUT and any(set(frame[field].split(",")) - GOOD for frame in frames for field in CHECKSUMS):
            faults.append(f"{case}: a checksum is wrong")
        table = as_table(streams_of(frames))
        facts = capture.parent / "facts.tsv"
        if write:
            facts.write_text(table)
        elif not facts.exists() or facts.read_text() != table:
            faults.append(f"{case}: facts.tsv is not what tshark says now")
    print(f"{len(captures)} captures, {len(faults)} faults")
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults or not captures else 0)


if __name__ == "__main__":
    main()
