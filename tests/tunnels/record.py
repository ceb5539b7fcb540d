#!/usr/bin/env python3
"""Records the captures of this folder: real programs in two namespaces (lab.py). Needs root.

usage: record.py --list
       record.py NAME...     records these again
       record.py --all

What each program is, and so what a session of it must be called, stands in expected.tsv, written by hand. `check_names.py`
compares. The programs are Debian's: `./dev setup --record` installs them.
"""

import argparse
import pathlib
import sys
import time

sys.dont_write_bytecode = True

import recipes_remote  # noqa: E402, F401
import recipes_tunnel  # noqa: E402, F401
import recipes_veiled  # noqa: E402, F401
from lab import Lab  # noqa: E402
from recipe import RECIPES  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
QUIET_S = 2  # how long what a program still says is waited for


def record(name):
    one = RECIPES[name]
    lab = Lab()
    path = lab.folder / f"{name}.pcap"
    try:
        one.play(lab, lambda: lab.capture(path, one.bpf, one.packets))
        time.sleep(QUIET_S)
        lab.stop(lab.tcpdump)
        size = path.stat().st_size
        if size <= 24:
            raise RuntimeError(f"{name}: nothing was recorded; logs in {lab.folder}")
        (HERE / f"{name}.pcap").write_bytes(path.read_bytes())
        print(f"{name}: {size} bytes")
    except Exception:
        for log in sorted(lab.folder.glob("*.log")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}", file=sys.stderr)
        raise
    finally:
        lab.close()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--list", action="store_true")
    arguments.add_argument("--all", action="store_true")
    arguments.add_argument("name", nargs="*")
    given = arguments.parse_args()
    if given.list:
        for name, one in sorted(RECIPES.items()):
            print(f"{name}\t{one.about}")
        return
    failed = []
    for name in sorted(RECIPES) if given.all else given.name:
        try:
            record(name)
        except Exception as error:
            print(f"{name}: {error}", file=sys.stderr)
            failed.append(name)
    sys.exit(f"not recorded: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
