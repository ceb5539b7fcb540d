"""Fails when a key of config/*.yaml is explained by no comment: neither on its line, nor above it in its paragraph.

A key that only opens a group needs none, since those inside it do.
"""

import re
import sys

from tracked import ROOT, tracked

KEY = re.compile(r"^( *)(?:- )?([A-Za-z_][\w.-]*):(?:\s|$)")


def opens_group(lines, place):
    """The line holds nothing but its key, and a deeper key or comment follows."""
    if not lines[place].rstrip().endswith(":"):
        return False
    following = next((line for line in lines[place + 1:] if line.strip()), "")
    deeper = len(following) - len(following.lstrip()) > len(lines[place]) - len(lines[place].lstrip())
    return deeper and bool(KEY.match(following) or "#" in following)


def unexplained(text):
    explained = False
    lines = text.splitlines()
    for place, line in enumerate(lines):
        if not line.strip():
            explained = False  # an empty line ends the paragraph
        elif line.lstrip().startswith("#"):
            explained = True
        else:
            found = KEY.match(line)
            if found and not explained and " #" not in line and not opens_group(lines, place):
                yield place + 1, found.group(2)


def self_test():
    for text, expected in [
            ("# why\na: 1\nb: 2\n", []),
            ("a: 1\n", ["a"]),
            ("a: 1  # why\nb:\n", ["b"]),
            ("# why\na: 1\n\nb: 2\n", ["b"]),
            ("# why\nsite:\n  lat: 1\n", []),
            ("a:\n  # why\n  b: 1\n", []),
            ("a:\n  b: 1\n", ["b"]),
            ("a:\n  - x  # why\n", []),
            ("a:\n  - x\n", ["a"])]:
        got = [key for _, key in unexplained(text)]
        if got != expected:
            yield f"self test: {text!r} should leave {expected} unexplained, not {got}"


if __name__ == "__main__":
    faults = list(self_test())
    for path in tracked("config/*.yaml"):
        faults += [f"{path}:{number}: no comment explains {key}" for number, key in unexplained((ROOT / path).read_text())]
    print("\n".join(faults) or "every key of the configuration is explained")
    sys.exit(bool(faults))
