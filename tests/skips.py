"""Tells from ctest's JUnit report what was skipped and why, and ends with one line of counts.

Exit 1 when something was skipped that CI must not skip: everything but the tests of a corpus that nobody named.
A test skips by exit 77 after a line that begins with "skip:"; a GoogleTest case by GTEST_SKIP.
"""

import re
import sys
import xml.etree.ElementTree as ET

OPTIONAL = "SEKIMORI_CORPUS"


def skips(case):
    said = case.findtext("system-out") or ""
    if case.get("status") == "notrun" or case.find("skipped") is not None:
        reason = re.search(r"^skip: *(.*)", said, re.MULTILINE)
        yield reason.group(1) if reason else "it gave no reason"
    for name in sorted(set(re.findall(r"^\[  SKIPPED \] (\S+)", said, re.MULTILINE))):
        if "." in name:
            yield f"case {name}"


def main(report):
    root = ET.parse(report).getroot()
    cases = list(root.iter("testcase"))
    skipped = [(case.get("name"), why) for case in cases for why in skips(case)]
    not_run = sum(case.get("status") == "notrun" for case in cases)
    failed = sum(case.get("status") == "fail" for case in cases)
    if skipped:
        print("=" * 100)
        print("SKIPPED, so NOT tested here:")
        for name, why in skipped:
            print(f"  {name}: {why}")
        print("=" * 100)
    print(f"{len(cases) - failed - not_run} passed, {failed} failed, {not_run} skipped")
    return any(OPTIONAL not in why for _, why in skipped)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
