#!/usr/bin/env python3
"""Rules of a running sensor are replaced, and no record is missed.

    rules_reload.py BUILD_DIR pipe|live

    sessions -> pipe or veth -> sekimori-sensor (confined, as user nobody where root runs this) -> record_sink
                                      ^
                       10,000 rules, replaced, broken, mended, opened to everybody

Each session becomes one end record, with the hash of the pack that was asked and the signature of that same pack: a record never
sees half of each. A pack with a fault changes nothing and is named in the log, by SIGHUP and by a change alike.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid

from live_lab import Lab, run, wait_for

RULES = 10_000  # all there are at most
RELOAD_MS = 1_000  # the promise for as many
SESSIONS_A_S = 2_000


def write_rule(folder, name, generation, field, value):
    title = f"{name} of pack {generation}"
    (folder / f"{name}.yml").write_text(
        f"title: {title}\nid: {uuid.uuid5(uuid.NAMESPACE_URL, name)}\nstatus: stable\nlevel: low\n"
        f"logsource: {{product: sekimori, category: session}}\ndetection:\n  one:\n    {field}: '{value}'\n  condition: one\n")


def write_pack(folder, generation, count):
    folder.mkdir()
    write_rule(folder, "marker", generation, "observer.name", "edge-1")  # every session
    for number in range(count - 1):
        write_rule(folder, f"host{number}", generation, "tls.client.server_name", f"www{number}.example")


def replace_pack(rules, generation, count):
    """As a package manager does: the new folder is written beside and moved into the old one's place."""
    write_pack(rules.with_name(f"rules.{generation}"), generation, count)
    rules.rename(rules.with_name("rules.old"))
    rules.with_name(f"rules.{generation}").rename(rules)
    shutil.rmtree(rules.with_name("rules.old"))


class Feed(threading.Thread):
    """SYNs of as many sessions, each of another address, into a pipe in real time; packet time is the clock's."""

    def __init__(self, pipe):
        super().__init__()
        self.pipe, self.sessions, self.ended = pipe, 0, threading.Event()

    def run(self):
        self.pipe.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        while not self.ended.is_set():
            for _ in range(SESSIONS_A_S // 20):
                self.sessions += 1
                client = bytes([100, 64 + (self.sessions >> 16), (self.sessions >> 8) & 255, self.sessions & 255])
                frame = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40, 1, 0, 64, 6, 0, client, bytes([192, 0, 2, 1]))
                frame += struct.pack(">HHIIBBHHH", 50000, 443, 1, 0, 0x50, 2, 65535, 0, 0)
                now = time.time()
                self.pipe.write(struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(frame), len(frame)) + frame)
            self.pipe.flush()
            time.sleep(0.05)
        self.pipe.close()

    def end(self):
        self.ended.set()
        self.join()
        return self.sessions


def reload_ms(sensor):
    """What the thread that reloads has taken of a processor so far."""
    for task in pathlib.Path(f"/proc/{sensor.pid}/task").iterdir():
        if (task / "comm").read_text().strip() == "rules":
            return int((task / "schedstat").read_text().split()[0]) // 1_000_000
    raise AssertionError("the sensor has no thread that reloads rules")


def packs_said(said):
    """Of each reload: rules, hash, milliseconds."""
    return [(int(count), pack, int(ms)) for count, pack, ms in
            re.findall(r"from now on (\d+) rules \(pack ([0-9a-f]{12})\), read in (\d+) ms", said)]


def disturb(rules, said, sensor, count):
    """Everything that can happen to a pack; returns faults and the hashes that were in force."""
    faults, kept = [], "nothing was reloaded"

    def hang_up():
        sensor.send_signal(signal.SIGHUP)

    def refused(what, words, act, undo):
        before, reloads = said().count(kept), len(packs_said(said()))
        act()
        wait_for(f"the refusal of {what}", lambda: said().count(kept) > before)
        if not all(word in said() for word in words) or len(packs_said(said())) != reloads:
            faults.append(f"{what}: {said()[-2000:]}")
        undo()

    def replaced(what, act):
        """Rules, hash, and the processor's time in ms: by the wall's clock a test beside others says nothing."""
        reloads, used = len(packs_said(said())), reload_ms(sensor)
        act()
        got, pack, wall = wait_for(f"a reload: {what}", lambda: packs_said(said())[reloads:])[0]
        took = reload_ms(sensor) - used
        print(f"a pack of {got} rules: {took} ms of the processor, {wall} ms by the clock")
        return got, pack, took

    reloads = [replaced("the whole folder", lambda: replace_pack(rules, "B", count))]
    marker = rules / "marker.yml"
    good = marker.read_text()
    # Undone without a change of the pack's hash, so nothing more is said.
    refused("a misspelt field, seen by itself", ["marker.yml:8:5", "did you mean 'observer.name'"],
            lambda: marker.write_text(good.replace("observer.name", "observer.nam")), lambda: marker.write_text(good))
    time.sleep(1)  # the mended pack is read, or the next fault would be told with it
    refused("a tab, after SIGHUP", ["host1.yml"],
            lambda: ((rules / "host1.yml").write_text("a:\n\tb: 1\n"), hang_up()), lambda: write_rule(rules, "host1", "B", "tls.client.server_name", "www1.example"))
    time.sleep(1)
    refused("a file that everybody may write", ["everybody may write this file"], lambda: marker.chmod(0o666), lambda: marker.chmod(0o644))
    time.sleep(1)
    if os.geteuid() == 0:
        refused("a stranger's file", ["belongs to user 54321"], lambda: os.chown(marker, 54321, -1), lambda: os.chown(marker, 0, -1))
        time.sleep(1)
    before = said().count("nothing has changed")
    hang_up()
    wait_for("the word that nothing has changed", lambda: said().count("nothing has changed") > before)
    reloads.append(replaced("one rule", lambda: write_rule(rules, "marker", "C", "observer.name", "edge-1")))
    for got, _, took in reloads:
        if got != count or took >= RELOAD_MS:
            faults.append(f"a pack of {got} rules was read in {took} ms; {count} in {RELOAD_MS} ms are promised")
    return faults, [pack for _, pack, _ in reloads]


def check_records(records, packs):
    """Every record names a pack, with that pack's own marker; all packs are among them."""
    faults, seen = [], {}
    for record in records:
        pack = record["sekimori"]["rules"]["pack"]
        titles = [match["title"] for match in record["sekimori"]["signatures"]]
        seen.setdefault(pack, set()).add(tuple(titles))
    if len(seen) != 1 + len(packs) or any(not [pack for pack in seen if pack.startswith(short)] for short in packs):
        faults.append(f"records name the packs {list(seen)}, the log {packs}")
    if sorted(seen.values(), key=str) != [{(f"marker of pack {name}",)} for name in "ABC"]:
        faults.append(f"packs and signatures do not belong together: {seen}")
    return faults


def pipe(build):
    """A capture comes through a pipe without a pause; every session of it has its record."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sekimori-reload-"))
    folder.chmod(0o755)  # the sensor becomes nobody
    started = []
    try:
        for command in (["collector"], ["sensor", "edge-1"]):
            run(build / "bin/sekimori", "keys", *command, "--dir", folder)
        sink = subprocess.Popen([build / "tests/record_sink", folder / "collector.key", folder / "edge-1.pub", "edge-1", "tcp://127.0.0.1:*",
                                 folder / "records"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(sink)
        write_pack(folder / "rules", "A", RULES)
        (folder / "sensor.yaml").write_text(
            f"observer: edge-1\nworkers: 2\nrules: rules\nflows: {{timeouts: {{half_open: 1s}}}}\n"
            f"{'user: nobody' if os.geteuid() == 0 else ''}\n"
            f"ship: {{collector: '{sink.stdout.readline().strip()}', collector_key: collector.pub, key: edge-1.key}}\n")
        with open(folder / "log", "w") as log:
            sensor = subprocess.Popen([build / "bin/sekimori-sensor", "--config", folder / "sensor.yaml", "-"],
                                      stdin=subprocess.PIPE, stderr=log)
        started.append(sensor)
        feed = Feed(sensor.stdin)
        feed.start()
        def records():
            return [json.loads(line.partition(" ")[2]) for line in (folder / "records").read_text().splitlines() if line.endswith("}")]
        wait_for("records of the first pack", lambda: (folder / "records").stat().st_size)
        try:
            faults, packs = disturb(folder / "rules", (folder / "log").read_text, sensor, RULES)
            time.sleep(2)  # sessions of the last pack
        finally:
            sessions = feed.end()
        code = sensor.wait(60)
        ids = [record["event"]["id"] for record in records() if record["event"]["type"] == "end"]
        print(f"{sessions} sessions, {len(ids)} end records, {len(set(ids))} of them different")
        if code != 0 or len(ids) != sessions or len(set(ids)) != sessions:
            faults.append(f"exit {code}, {sessions} sessions gave {len(ids)} end records: {(folder / 'log').read_text()[-2000:]}")
        return faults + check_records(records(), packs)
    finally:
        for process in started:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def live(build):
    """The same while packets are captured, with privileges gone and system calls filtered."""
    with Lab(build) as lab:
        lab.folder.chmod(0o755)
        rules = lab.folder / "rules"
        count = 500
        write_pack(rules, "A", count)
        lab.start_collector()
        sensor = lab.start_sensor(config="interfaces: [t0]\nuser: nobody\nrules: rules\ncapture: {filter: 'udp dst port 9'}")
        ended = threading.Event()
        sent = []

        def send():
            """One datagram is one session: to a closed port, each from another one."""
            while not ended.is_set():
                first = 10_000 + len(sent)
                lab.run_in("client", sys.executable, "-c",
                           "import socket, sys\n"
                           f"for port in range({first}, {first + 100}):\n"
                           " s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('', port)); s.sendto(b'x', ('10.1.0.2', 9)); s.close()\n")
                sent.extend(range(first, first + 100))
                time.sleep(0.1)
        sender = threading.Thread(target=send)
        sender.start()
        try:
            wait_for("records of the first pack", lambda: lab.records("start"))
            faults, packs = disturb(rules, sensor.said, sensor.process, count)
            time.sleep(1)
        finally:
            ended.set()
            sender.join()
        said = sensor.stop()
        records = [record for record in lab.records() if record["server"].get("port") == 9]
        ports = [record["client"]["port"] for record in records if record["event"]["type"] == "end"]
        print(f"{len(sent)} sessions, {len(ports)} end records")
        if sorted(ports) != sorted(sent):
            faults.append(f"{len(sent)} sessions gave {len(ports)} end records: {said[-2000:]}")
        return faults + check_records([record for record in records if record["event"]["type"] == "start"], packs)


def main():
    build, case = pathlib.Path(sys.argv[1]).resolve(), {"pipe": pipe, "live": live}[sys.argv[2]]
    faults = case(build)
    for fault in faults:
        print("  " + fault)
    print(f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
