"""Fails on what the house does not allow in any file: length, foreign words, a missing licence, a path that leads nowhere."""

import re
import sys

from tracked import ROOT, tracked

MAX_LINES = 400
SOURCES = {".h", ".cpp", ".sh", ".py"}
# Places of one developer's machine say nothing to anybody else. Spelt in parts, so that this file does not hold them.
MACHINE_PATHS = re.compile("|".join(["/" + "work/", "/tmp/" + "wt", "/home/" + r"[a-z]", "/" + r"root/(?!\.)"]))


def too_long(path, text):
    lines = text.count("\n")
    if (path.suffix in SOURCES or path.name == "dev") and lines > MAX_LINES:
        yield f"{path}:{MAX_LINES + 1}: {lines} lines, the house allows {MAX_LINES}: split it"


def machine_paths(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        found = MACHINE_PATHS.search(line)
        if found:
            yield f"{path}:{number}: {found.group()} is a place on one machine"


def licence():
    for name, must_say in [("LICENSE", "Apache License"), ("NOTICE", "FoxIO")]:
        file = ROOT / name
        if not file.is_file() or must_say not in file.read_text():
            yield f"{name}: missing, or it does not say '{must_say}'"


def architecture_paths(paths):
    """Each `path/in/backticks` of the reading order exists; `x.*` stands for x.h and x.cpp; one with spaces is a command."""
    page = ROOT / "ARCHITECTURE.md"
    if not page.is_file():
        return
    names = {path.as_posix() for path in paths}
    folders = {parent.as_posix() for path in paths for parent in path.parents}
    for number, line in enumerate(page.read_text().splitlines(), 1):
        for target in re.findall(r"`([A-Za-z0-9_.][A-Za-z0-9_.@*-]*(?:/[A-Za-z0-9_.@*-]*)+|[A-Za-z0-9_-]+\.[a-z*]+)`", line):
            plain = target.rstrip("/").removeprefix("./")
            pattern = re.compile(re.escape(plain).replace(r"\*", "[^/]*") + "$")
            if plain not in folders and plain not in names and not ("*" in plain and any(map(pattern.match, names))) \
                    and not plain.startswith("build/"):
                yield f"ARCHITECTURE.md:{number}: {target} does not exist"


def main():
    found = list(licence())
    paths = tracked()
    for path in paths:
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # captures, fuzz seeds, databases
        found += [*too_long(path, text), *machine_paths(path, text)]
    found += architecture_paths(paths)
    print("\n".join(found) or f"{len(paths)} files keep the house rules")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
