#!/usr/bin/env python3
"""The classifier is killed at random while a capture is replayed, and while interfaces are read: every record comes, and only
sessions that it was asked about just then lack a name.

    classifier_kills.py BUILD_DIR replay|live

100 kills in a replay and 25 live, 100 with SEKIMORI_FAULT_LONG=1.
"""

import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

from fault_lab import LONG, PATIENCE_S, wait_for, write_capture

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import live_lab  # noqa: E402

GREETING = b"RFB 003.008\n"  # which nDPI knows, and no parser of ours
PORT = 7007


def children(pid, name):
    """Process ids of the children of `pid` that call themselves `name`."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        try:
            text = (folder / "stat").read_text() if folder.name.isdigit() else ""
        except OSError:
            continue
        if match := re.match(r"(\d+) \((.*)\) [^ZX] (\d+) ", text):  # a zombie is dead already
            if match[2] == name and int(match[3]) == pid:
                found.append(int(match[1]))
    return found


def classifiers(pid):
    return [child for main in children(pid, "classifier-main") for child in children(main, "classifier")]


KILLED = set()


def kill(pid):
    """False: it is gone, or was killed before and not yet taken notice of."""
    if pid in KILLED:
        return False
    KILLED.add(pid)
    try:
        os.kill(pid, signal.SIGKILL)
        return True
    except ProcessLookupError:
        return False


def without_names(record):
    record = json.loads(json.dumps(record))
    record["network"].pop("protocol", None)
    record["sekimori"].pop("remote_access", None)
    return json.dumps(record, sort_keys=True)


def is_named(record):
    return record["network"].get("protocol") == "vnc" and record["sekimori"].get("remote_access", {}).get("name") == "vnc"


def counted(text, what):
    found = re.search(rf"(\d+) {what}", text)
    return int(found[1]) if found else 0


def replay(build, dice):
    sessions, kills = 120_000, 100
    program = [pathlib.Path(build).resolve() / "bin/sekimori", "replay", "--config", "c.yaml", "--sessions", "-"]
    with tempfile.TemporaryDirectory(prefix="sekimori-fault-") as folder:
        folder = pathlib.Path(folder)
        (folder / "c.yaml").write_text("sensor: {observer: edge-1}\ncollector: {}\n")  # no rules: each name is the classifier's
        write_capture(folder / "all.pcap", 0, sessions, 1_700_000_000_000_000, GREETING)
        calm = subprocess.run([*program, folder / "all.pcap"], cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
        expected = [json.loads(line) for line in calm.stdout.splitlines()]
        assert len(expected) == sessions and all(map(is_named, expected)), "an undisturbed replay must name each session"

        with open(folder / "out", "w") as out, open(folder / "err", "w") as err:
            process = subprocess.Popen([*program, "-"], cwd=folder, stdin=subprocess.PIPE, stdout=out, stderr=err)
            bytes_left, killed = (folder / "all.pcap").read_bytes(), 0
            try:
                step = len(bytes_left) // (8 * kills) + 1
                while bytes_left:
                    process.stdin.write(bytes_left[:step])
                    process.stdin.flush()
                    bytes_left = bytes_left[step:]
                    time.sleep(dice.uniform(0, 0.01))
                    # The next one begins when there is something to ask.
                    for victim in classifiers(process.pid):
                        killed += killed < kills and kill(victim)
                process.stdin.close()
                assert process.wait(PATIENCE_S) == 0, (folder / "err").read_text()
            finally:
                process.kill()
                process.wait()
        got = [json.loads(line) for line in (folder / "out").read_text().splitlines()]
        said = (folder / "err").read_text()
    faults = []
    if list(map(without_names, got)) != list(map(without_names, expected)):
        faults.append(f"{len(got)} records of {len(expected)}, or others than undisturbed")
    nameless = sum(not is_named(record) for record in got)
    lost = counted(said, "lost to its failures") + counted(said, "not asked")
    if nameless != lost:
        faults.append(f"{nameless} sessions without a name, {lost} are reported")
    if nameless > killed:
        faults.append(f"{nameless} sessions without a name after {killed} kills")
    crashes = counted(said, "crashes")
    if crashes > killed or crashes < killed // 2:  # one that had nothing to answer is not missed
        faults.append(f"{crashes} crashes are reported of {killed} kills")
    if killed < kills:
        faults.append(f"only {killed} classifiers were there to be killed")
    if "failed three times within a minute" not in said:
        faults.append("three failures within a minute were not told loudly")
    print(f"{killed} kills, {nameless} of {len(got)} sessions without a name")
    return faults


SERVER = f"""
import socketserver
class Server(socketserver.ThreadingTCPServer): allow_reuse_address = True; request_queue_size = 128
class Greet(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall({GREETING!r})
        self.request.recv(100)
server = Server(("10.1.0.2", {PORT}), Greet)
print("ready", flush=True)
server.serve_forever()
"""
# One session after the other until its standard input ends; prints each one's port.
CLIENT = f"""
import select, socket, sys, time
port = 20000
while not select.select([sys.stdin], [], [], 0.02)[0]:
    with socket.socket() as one:
        one.bind(("10.1.0.1", port))
        one.connect(("10.1.0.2", {PORT}))
        one.sendall(one.recv(100))
        one.recv(100)
    print(port, time.time())
    port = port + 1 if port < 60000 else 20000
"""


def live(build, dice):
    kills = 100 if LONG else 25
    with live_lab.Lab(build) as lab:
        lab.start_collector()
        lab.serve(SERVER)
        sensor = lab.start_sensor(config="interfaces: [t0]")
        client = lab.start("client", sys.executable, "-c", CLIENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        told = []
        reader = threading.Thread(target=lambda: told.extend(line.split() for line in client.stdout))
        reader.start()
        killed = []
        while len(killed) < kills:
            time.sleep(dice.uniform(0.8, 1.6))  # slower than what makes the sensor wait between two
            victims = wait_for("a classifier", lambda: classifiers(sensor.process.pid), 30)
            if kill(dice.choice(victims)):
                killed.append(time.time())
        time.sleep(4)
        began_calm = time.time()
        time.sleep(2)
        client.stdin.close()
        assert client.wait(PATIENCE_S) == 0
        reader.join()
        said = sensor.stop()
        ends = [record for record in lab.records("end") if record["server"].get("port") == PORT]
    faults = []
    if sorted(str(record["client"]["port"]) for record in ends) != sorted(port for port, _ in told):
        faults.append(f"{len(told)} sessions, {len(ends)} records")
    at = {port: float(moment) for port, moment in told}
    nameless = [at[str(record["client"]["port"])] for record in ends if not is_named(record)]
    unasked = counted(said, "lost to its failures") + counted(said, "not asked")
    # A session is asked about at its start and, when that gave nothing, at its end.
    if len(nameless) > unasked:
        faults.append(f"{len(nameless)} sessions without a name, {unasked} reported")
    late = [moment for moment in nameless if moment > began_calm]
    if late:
        faults.append(f"{len(late)} sessions without a name although the last kill was over 4 s ago")
    if "failed three times within a minute" not in said:
        faults.append("three failures within a minute were not told loudly")
    print(f"{len(killed)} kills, {len(nameless)} of {len(ends)} sessions without a name, {unasked} questions without an answer")
    return faults


def main():
    seed = int(os.environ.get("SEKIMORI_FAULT_SEED", random.randrange(1 << 30)))
    print(f"seed {seed}")
    faults = {"replay": replay, "live": live}[sys.argv[2]](sys.argv[1], random.Random(seed))
    print(*faults or ["no faults"], sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
