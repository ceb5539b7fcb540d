#!/usr/bin/env python3
"""Replays the captures of this folder with the rules that come with the program, and compares each session's names with
expected.tsv, which is written by hand from what was recorded.

usage: check_names.py SEKIMORI
"""

import collections
import csv
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
NAMES = {
    "protocol": "network.protocol",
    "remote_access": "sekimori.remote_access.name",
    "tunnel": "sekimori.tunnel.name",
    "application": "network.application",
}


def value(record, path):
    for key in path.split("."):
        record = record.get(key, {})
    return record or "-"


def sessions(sekimori, capture):
    done = subprocess.run([sekimori, "replay", "--sessions", "-", capture], capture_output=True, text=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def differences(rows, records):
    """What is wrong with one capture, in words."""
    wanted = {(row["transport"], row["port"]): row for row in rows}
    for record in records:
        place = value(record, "network.transport"), str(value(record, "server.port"))
        row = wanted.pop(place, None)
        if row is None:
            yield f"{place}: no such session is expected"
            continue
        for column, field in NAMES.items():
            if value(record, field) != row[column]:
                yield f"{place}: {column} is {value(record, field)}, expected {row[column]}"
        titles = [match["title"] for match in record["sekimori"].get("signatures", [])]
        if row["hint"] != "-" and row["hint"] not in titles:
            yield f"{place}: {row['hint']!r} is not among {titles}"
    for place in wanted:
        yield f"{place}: no such session"


def main():
    sekimori = sys.argv[1]
    with open(HERE / "expected.tsv", newline="") as table:
        expected = collections.defaultdict(list)
        for row in csv.DictReader(table, delimiter="\t"):
            expected[row["capture"]].append(row)
    captures = {path.stem for path in HERE.glob("*.pcap")}
    faults = [f"{name}.pcap: in expected.tsv or recorded, but not both" for name in sorted(captures ^ expected.keys())]
    for name in sorted(captures & expected.keys()):
        found = sessions(sekimori, HERE / f"{name}.pcap")
        faults += [f"{name}.pcap {fault}" for fault in differences(expected[name], found)]
    print(f"{len(captures)} captures, {sum(map(len, expected.values()))} sessions, {len(faults)} differences", *faults, sep="\n")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
