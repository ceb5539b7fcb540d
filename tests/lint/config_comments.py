"""Fails when a key of config/*.yaml is explained by no comment: neither on its line, nor above it in its paragraph."""

import re
import sys

from tracked import ROOT, tracked

KEY = re.compile(r"^ *(?:- )?([A-Za-z_][\w.-]*):(?:\s|$)")


def unexplained(text):
    explained = False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            explained = False  # an empty line ends the paragraph
        elif line.lstrip().startswith("#"):
            explained = True
        else:
            found = KEY.match(line)
            if found and not explained and " #" not in line:
                yield number, found.group(1)


def self_test():
    for text, expected in [
            ("# why\na: 1\nb: 2\n", []),
            ("a: 1\n", ["a"]),
            ("a: 1  # why\nb:\n", ["b"]),
            ("# why\na: 1\n\nb: 2\n", ["b"]),
            ("# why\nsite:\n  lat: 1\n", []),
            ("a:\n  # why\n  b: 1\n", ["a"])]:
        got = [key for _, key in unexplained(text)]
        if got != expected:
            yield f"self test: {text!r} should leave {expected} unexplained, not {got}"


if __name__ == "__main__":
    faults = list(self_test())
    for path in tracked("config/*.yaml"):
        faults += [f"{path}:{number}: no comment explains {key}" for number, key in unexplained((ROOT / path).read_text())]
    print("\n".join(faults) or "every key of the configuration is explained")
    sys.exit(bool(faults))
