"""Fails when signatures/ADVISORIES.md names a rule that is not there, or a red flag without a rule and without the words that no
network sensor can see it."""

import re
import sys

from tracked import ROOT

PAGE = ROOT / "signatures/ADVISORIES.md"
# How a cell says that there is no rule, and why.
WITHOUT = ("No network", "No packet", "Made to look like")


def names():
    """Files of rules without their ending, and folders."""
    found = set()
    for path in (ROOT / "signatures").rglob("*.yml"):
        found |= {path.stem, f"{path.parent.name}/{path.stem}", f"{path.parent.name}/"}
    return found


def main():
    known, faults, rows = names(), [], 0
    for number, line in enumerate(PAGE.read_text().splitlines(), 1):
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) < 2 or set(cells[0]) <= set("-: ") or cells[-1].lower() in ("covered by", "rule", "rules"):
            continue
        rows += 1
        answer = cells[-1]
        cited = [word for word in re.findall(r"`([a-z0-9_/]+)`", answer) if "/" in word or not answer.startswith("No network")]
        rules = [word for word in cited if word in known]
        for word in cited:
            if word not in known and "/" in word:
                faults.append(f"{PAGE.relative_to(ROOT)}:{number}: there is no rule {word}")
        if not rules and not answer.startswith(WITHOUT):
            faults.append(f"{PAGE.relative_to(ROOT)}:{number}: names no rule, and does not say that no network sensor can see it: {answer[:80]}")
    if rows < 20:
        faults.append(f"{PAGE.relative_to(ROOT)}: only {rows} rows were found: has its form changed?")
    print(f"{rows} red flags, {len(faults)} faults", *faults, sep="\n")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
