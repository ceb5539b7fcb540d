#!/usr/bin/env python3
"""Holds `sekimori replay` of the demo scenario against expected_verdicts.tsv, which a person wrote from plan.yaml.

    check_verdicts.py SEKIMORI

The databases are the small pinned ones of tests/geo, so that the answer does not move with the country data of set-up.
Verdicts must be the same for any number of workers, with claims as CSV, and when everything is run again.
"""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def pinned_configuration(folder):
    """The demo's own configuration over the test databases; paths are taken from its folder, so they are made absolute."""
    text = (HERE / "sekimori.yaml").read_text()
    text = text.replace("../../build/geo/", f"{ROOT}/tests/geo/").replace("../..", str(ROOT))
    path = pathlib.Path(folder) / "sekimori.yaml"
    path.write_text(text)
    return path


def claims_as_csv(folder):
    """The same claims with dotted column names."""
    rows = []
    for line in (HERE / "claims.ndjson").read_text().splitlines():
        claim = json.loads(line)
        for name in ("travel", "links"):
            for key, value in claim.pop(name, {}).items():
                claim[f"{name}.{key}"] = value
        rows.append(claim)
    path = pathlib.Path(folder) / "claims.csv"
    with open(path, "w", newline="") as file:
        names = sorted({key for row in rows for key in row})
        table = csv.DictWriter(file, names)
        table.writeheader()
        table.writerows(rows)
    return path


def verdicts(sekimori, configuration, claims, *more):
    command = [sekimori, "replay", "--config", configuration, "--claims", claims, "--verdicts", "-", *more, HERE / "demo.pcap"]
    done = subprocess.run(command, capture_output=True, timeout=120)
    if done.returncode != 0:
        sys.exit(f"exit {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def seen(line):
    verdict = json.loads(line)
    titles = " ".join(f["rule_title"] for f in verdict["findings"])
    return {
        "account": verdict["claim"]["account"], "time": verdict["claim"]["time"][11:19], "outcome": verdict["join"]["outcome"],
        "mismatch": verdict["mismatch"], "findings": {f["name"] for f in verdict["findings"]}, "titles": titles,
    }


def main():
    sekimori = sys.argv[1]
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        configuration = pinned_configuration(folder)
        answer = verdicts(sekimori, configuration, HERE / "claims.ndjson")
        for what, claims, more in (
            ("again", HERE / "claims.ndjson", ()), ("two workers", HERE / "claims.ndjson", ("--workers", "2")),
            ("claims as CSV", claims_as_csv(folder), ()),
        ):
            if verdicts(sekimori, configuration, claims, *more) != answer:
                faults.append(f"{what}: other bytes")
    got = [seen(line) for line in answer.splitlines()]
    with open(HERE / "expected_verdicts.tsv", newline="") as file:
        expected = list(csv.DictReader(file, delimiter="\t"))
    for want in expected:
        fitting = [one for one in got if (one["account"], one["time"]) == (want["account"], want["time"])]
        if len(fitting) != 1:
            faults.append(f"{want['account']} {want['time']}: {len(fitting)} verdicts")
            continue
        one = fitting[0]
        for field in ("outcome", "mismatch"):
            if one[field] != want[field]:
                faults.append(f"{want['account']} {want['time']}: {field} is {one[field]}, not {want[field]}")
        if one["findings"] != set(want["findings"].split(",")):
            faults.append(f"{want['account']} {want['time']}: findings are {sorted(one['findings'])}, not {want['findings']}")
        if want["rule_says"] not in one["titles"]:
            faults.append(f"{want['account']} {want['time']}: no rule names {want['rule_says']}")
    if len(got) != len(expected):
        faults.append(f"{len(got)} verdicts for {len(expected)} claims")
    print(f"{len(expected)} claims, {len(faults)} faults")
    for fault in faults:
        print("  " + fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
