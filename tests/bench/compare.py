#!/usr/bin/env python3
"""Times the sensor's stages beside tcpdump and ndpiReader on one mix of traffic, in one run.

    compare.py BUILD_DIR [full]

Prints a table, the criteria with PASS or SHORT, and writes BUILD_DIR/../bench/result.json. A machine's speed is nobody's
fault, so nothing here fails for being slow: only ratios within one run are judged, of medians over alternating rounds.

Disk: the mixes are kept in BUILD_DIR/../bench/mix and made again only when something they depend on changed; what the plan
does not name is removed. About 0.7 GB at the usual size, 4 GB for `full`.
"""

import hashlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 5
SEED = 1
CONFIG = "tests/bench/sensor.yaml"

# What is granted beyond tcpdump's CPU time, in seconds.
PER_TLS_FLOW = 4e-6
PER_QUIC_FLOW = 12e-6
BELOW_NDPI = 7.0
TWO_WORKERS = 1.6
FLAT = 1.1  # memory under four times the flood, against the flood

# size: (bytes, flows) of the mix; flows of the growth table; sources of the two floods.
PLANS = {
    "usual": {"mixed": (240_000_000, 40_000), "hello": 20_000, "growth": (10_000, 50_000, 200_000), "floods": (1_500_000, 3_000_000)},
    "full": {"mixed": (1_100_000_000, 200_000), "hello": 200_000, "growth": (10_000, 100_000, 500_000, 2_000_000), "floods": (1_500_000, 6_000_000)},
}


def captures():
    """The project's own captures, and those of the corpus if one is named, in one order everywhere."""
    found = sorted(str(path) for path in pathlib.Path("tests/golden").glob("*/*") if ".pcap" in path.name)
    found.append("tests/demo/demo.pcap")
    corpus = os.environ.get("SEKIMORI_CORPUS")
    if corpus:
        found += sorted(str(path) for path in pathlib.Path(corpus, "pcap").rglob("*") if path.is_file())
    return found


class Mixes:
    """Makes mixes and remembers them on disk."""

    def __init__(self, tool, folder):
        self.tool, self.folder, self.named = tool, folder, set()
        folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(pathlib.Path(tool).read_bytes())
        self.captures = captures()
        for path in self.captures:
            digest.update(f"{path} {os.stat(path).st_size}".encode())
        self.digest = digest.hexdigest()[:12]

    def get(self, profile, *, size=0, flows=0):
        path = self.folder / f"{profile}-{size}-{flows}-{SEED}-{self.digest}.pcap"
        note = pathlib.Path(f"{path}.json")
        self.named |= {path, note}
        if not (path.exists() and note.exists()):
            print(f"-- making {path.name}", flush=True)
            command = [self.tool, profile, path, "--seed", SEED, "--flows", flows, "--bytes", size, *self.captures]
            subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
        return str(path), json.loads(note.read_text())

    def forget_others(self):
        for path in self.folder.iterdir():
            if path not in self.named:
                path.unlink()


def measure(command):
    """Runs a program to its end: wall and CPU seconds, peak memory in MB, and what it said."""
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"compare.py: {' '.join(command)} ended with {child.returncode}")
        said.seek(0)
        return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "mb": usage.ru_maxrss / 1024, "said": said.read()}


def contest(contestants, rounds=ROUNDS):
    """The median of each number over `rounds`, in which the contestants take turns."""
    runs = {name: [] for name in contestants}
    for turn in range(rounds):
        names = list(contestants)
        for name in names if turn % 2 == 0 else reversed(names):
            runs[name].append(measure(contestants[name]))
    return {
        name: {key: statistics.median(run[key] for run in of) for key in ("wall", "cpu", "mb")} | {"said": of[0]["said"]}
        for name, of in runs.items()
    }


def stage(tool, name, path, workers=1):
    return [tool, name, path, "--config", CONFIG, "--workers", str(workers)]


def race(tool, path):
    contestants = {
        "decode": stage(tool, "decode", path),
        "flow": stage(tool, "flow", path),
        "full": stage(tool, "full", path),
        "full, 2 workers": stage(tool, "full", path, 2),
        "full, nDPI's names": stage(tool, "classify", path),
    }
    if shutil.which("tcpdump"):
        contestants["tcpdump -w"] = ["tcpdump", "-r", path, "-w", "/dev/null"]
    if shutil.which("ndpiReader"):
        contestants["ndpiReader"] = ["ndpiReader", "-i", path]
    subprocess.run(["cat", path], check=True, stdout=subprocess.DEVNULL)  # into the page cache: the disk is not what is timed
    return contest(contestants)


def print_race(results, mix):
    packets, bits = mix["packets"], mix["bytes"] * 8
    print(f"\n{mix['profile']}: {packets:,} packets, {mix['bytes'] / 1e6:,.0f} MB, {mix['flows']:,} flows"
          f" ({mix['tls_flows']:,} TLS, {mix['quic_flows']:,} QUIC, {mix['other_udp_flows']:,} other UDP,"
          f" {mix['plain_tcp_flows']:,} plain TCP), {mix['most_at_once']:,} at once")
    print(f"{'':16} {'Mpackets/s':>11} {'Gbit/s':>8} {'ns/packet':>10} {'CPU s':>8} {'wall s':>8} {'peak MB':>8} {'CPU of full':>12}")
    full = results["full"]["cpu"]
    for name, run in results.items():
        print(f"{name:16} {packets / run['wall'] / 1e6:11.2f} {bits / run['wall'] / 1e9:8.2f} {run['cpu'] / packets * 1e9:10.0f}"
              f" {run['cpu']:8.3f} {run['wall']:8.3f} {run['mb']:8.0f} {run['cpu'] / full:11.2f}x")


def race_criteria(results, mix):
    full = results["full"]
    if "tcpdump -w" in results:
        allowed = results["tcpdump -w"]["cpu"] + PER_TLS_FLOW * mix["tls_flows"] + PER_QUIC_FLOW * mix["quic_flows"]
        yield ("a", full["cpu"] <= allowed, f"full pipeline {full['cpu']:.3f} s CPU, allowed {allowed:.3f} s: tcpdump"
               f" {results['tcpdump -w']['cpu']:.3f} + 4 us x {mix['tls_flows']:,} TLS + 12 us x {mix['quic_flows']:,} QUIC")
    if "ndpiReader" in results:
        ratio = results["ndpiReader"]["cpu"] / full["cpu"]
        yield "b", ratio >= BELOW_NDPI, f"ndpiReader takes {ratio:.2f} times the CPU of the full pipeline, {BELOW_NDPI:g} wanted"
    gain = full["wall"] / results["full, 2 workers"]["wall"]
    yield "c", gain >= TWO_WORKERS, f"two workers are {gain:.2f} times as fast as one, {TWO_WORKERS:g} wanted ({os.cpu_count()} CPUs)"


def growth(tool, mixes, counts):
    rows = []
    print(f"\nGrowth: small flows, full pipeline, one worker\n{'flows':>10} {'at once':>9} {'packets':>10} {'ns/packet':>10} {'us/flow':>8} {'peak MB':>8}")
    for flows in counts:
        path, mix = mixes.get("flows", flows=flows)
        run = contest({"full": stage(tool, "full", path)}, 3)["full"]
        rows.append({"flows": mix["flows"], "packets": mix["packets"], "cpu": run["cpu"], "mb": run["mb"]})
        print(f"{mix['flows']:10,} {mix['most_at_once']:9,} {mix['packets']:10,} {run['cpu'] / mix['packets'] * 1e9:10.0f}"
              f" {run['cpu'] / mix['flows'] * 1e6:8.2f} {run['mb']:8.0f}", flush=True)
    cost = [row["cpu"] / row["packets"] for row in rows]
    text = f"a packet of {rows[-1]['flows']:,} flows costs {cost[-1] / cost[0]:.2f} times one of {rows[0]['flows']:,}, 2 allowed"
    return rows, ("d", cost[-1] <= 2 * cost[0], text)


def floods(tool, mixes, counts):
    rows = []
    print("\nSYN flood, every source another: full pipeline, one worker")
    for sources in counts:
        path, mix = mixes.get("synflood", flows=sources)
        run = contest({"full": stage(tool, "full", path)}, 3)["full"]
        rows.append({"sources": sources, "cpu": run["cpu"], "mb": run["mb"], "said": json.loads(run["said"])})
        print(f"{sources:10,} sources {run['cpu'] / mix['packets'] * 1e9:8.0f} ns/packet {run['mb']:8.0f} MB", flush=True)
    ratio = rows[-1]["mb"] / rows[0]["mb"]
    return rows, ("e", ratio <= FLAT, f"memory of {counts[-1]:,} sources is {ratio:.2f} times that of {counts[0]:,}, {FLAT:g} allowed")


def main():
    build = pathlib.Path(sys.argv[1])
    plan = PLANS["full" if sys.argv[2:] == ["full"] else "usual"]
    tool, folder = str(build / "bench/run_stage"), build.parent / "bench"
    mixes = Mixes(str(build / "bench/mix"), folder / "mix")
    results, criteria = {}, []
    for profile, size, flows in (("mixed", *plan["mixed"]), ("hello-only", 0, plan["hello"])):
        path, mix = mixes.get(profile, size=size, flows=flows)
        runs = race(tool, path)
        print_race(runs, mix)
        results[profile] = {"mix": mix, "runs": {name: {key: run[key] for key in ("wall", "cpu", "mb")} for name, run in runs.items()}}
        if profile == "mixed":
            criteria += race_criteria(runs, mix)
            results[profile]["counted"] = json.loads(runs["full"]["said"])
    results["growth"], verdict = growth(tool, mixes, plan["growth"])
    criteria.append(verdict)
    results["floods"], verdict = floods(tool, mixes, plan["floods"])
    criteria.append(verdict)
    mixes.forget_others()
    print()
    for name, holds, text in criteria:
        print(f"({name}) {'PASS' if holds else 'SHORT'}  {text}")
    results["criteria"] = [{"name": name, "holds": holds, "text": text} for name, holds, text in criteria]
    (folder / "result.json").write_text(json.dumps(results, indent=1) + "\n")
    print(f"\nNumbers: {folder / 'result.json'}")


main()
