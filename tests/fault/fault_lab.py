"""Real sensors and collectors that are really killed, over loopback, with what their stores hold afterwards.

    capture -> sekimori-sensor -> spool -> [Wire: a proxy that can be slow, stuck or cut] -> sekimori-collector -> store.db

Whatever was started is ended by its own id.
"""

import os
import pathlib
import random
import select
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 120  # for anything that is waited for: a loaded machine is slow, not wrong
LONG = os.environ.get("SEKIMORI_FAULT_LONG") == "1"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, holds, patience=PATIENCE_S):
    deadline = time.monotonic() + patience
    while True:
        got = holds()
        if got:
            return got
        assert time.monotonic() < deadline, f"waited {patience} s for {what}"
        time.sleep(0.05)


def write_capture(path, first, count, begin, greeting=b""):
    """`count` TCP connections from 100.64.0.0/10 to 192.0.2.80: SYN, SYN-ACK, ACK, RST. Session n is the same in every file.
    The server says `greeting`, and the client says it too."""
    def ip(source, target, segment):
        header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), 0, 0x4000, 60, 6, 0, source, target)
        return header + segment

    def tcp(source, target, sequence, acknowledged, flags, options=b""):
        return struct.pack(">HHIIBBHHH", source, target, sequence, acknowledged, (5 + len(options) // 4) << 4, flags, 64240, 0, 0) + options

    said = len(greeting)
    server, syn_options = socket.inet_aton("192.0.2.80"), b"\x02\x04\x05\xb4\x01\x01\x04\x02"
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for number in range(first, first + count):
            client = struct.pack(">I", (100 << 24 | 64 << 16) + number % 4_000_000)
            port = 20_000 + number % 40_000
            at = begin + number * 1000  # microseconds
            for delay, packet in (
                    (0, ip(client, server, tcp(port, 443, 100, 0, 2, syn_options))),
                    (100, ip(server, client, tcp(443, port, 900, 101, 0x12, syn_options))),
                    (350, ip(client, server, tcp(port, 443, 101, 901, 0x10))),
                    (400, ip(server, client, tcp(443, port, 901, 101, 0x18) + greeting)),
                    (500, ip(client, server, tcp(port, 443, 101, 901 + said, 0x18) + greeting)),
                    (700, ip(client, server, tcp(port, 443, 101 + said, 901 + said, 0x14)))):
                if delay in (400, 500) and not greeting:
                    continue
                moment = at + delay
                out.write(struct.pack("<IIII", moment // 1_000_000, moment % 1_000_000, len(packet), len(packet)) + packet)


class Wire:
    """A TCP proxy in this process. `rate` bytes a second each way (0: as fast as it goes); cut() ends every connection and
    refuses new ones until mend(); freeze() keeps them open and silent."""

    def __init__(self, target, rate=0):
        self.target, self.rate, self.cut_now, self.frozen, self.ended = target, rate, False, False, False
        self.passed = 0
        self.pairs, self.lock = set(), threading.Lock()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.ended:
            try:
                near, _ = self.door.accept()
                if self.cut_now:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                continue
            with self.lock:
                self.pairs.add((near, far))
            threading.Thread(target=self.carry, args=(near, far), daemon=True).start()

    def carry(self, near, far):
        try:
            while True:
                ready, _, _ = select.select([near, far], [], [], 0.2)
                if self.frozen:
                    time.sleep(0.05)
                    continue
                for one in ready:
                    data = one.recv(min(65536, self.rate // 20 or 65536))
                    if not data:
                        return
                    (far if one is near else near).sendall(data)
                    self.passed += len(data)
                    if self.rate:
                        time.sleep(len(data) / self.rate)
        except (OSError, ValueError):
            pass
        finally:
            near.close()
            far.close()
            with self.lock:
                self.pairs.discard((near, far))

    def cut(self):
        self.cut_now = True
        with self.lock:
            for near, far in self.pairs:
                for one in (near, far):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    try:
                        one.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass

    def mend(self):
        self.cut_now = self.frozen = False

    def freeze(self):
        self.frozen = True

    def close(self):
        self.ended = True
        self.cut()
        self.door.close()


class Lab:
    def __init__(self, build, seed):
        build = pathlib.Path(build)
        self.bin, self.tests = build / "bin", build / "tests"
        self.random = random.Random(seed)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sekimori-fault-"))
        self.begin = int(time.time() - 1800) * 1_000_000
        self.collector, self.started, self.wires, self.disks = None, [], [], []
        self.port = free_port()
        keys = self.folder / "keys"
        (keys / "sensors").mkdir(parents=True)
        self.run("keys", "collector", "--dir", keys)
        self.add_sensor("edge-1")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for wire in self.wires:
            wire.close()
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
        for disk in self.disks:
            subprocess.run(["umount", disk], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *command):
        done = subprocess.run([self.bin / "sekimori", *map(str, command)], capture_output=True, text=True, timeout=PATIENCE_S)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def add_sensor(self, name):
        self.run("keys", "sensor", name, "--dir", self.folder / "keys" / "sensors")

    def wire(self, rate=0):
        wire = Wire(self.port, rate)
        self.wires.append(wire)
        return wire

    def configure_sensor(self, name="edge-1", port=None, spool="spool", size="256MiB", more=""):
        """A configuration file; spool None: none."""
        keys = self.folder / "keys"
        spooled = f", spool: {{dir: {spool}, size: {size}}}" if spool else ""
        path = self.folder / f"{name}.yaml"
        path.write_text(f"observer: {name}\n{more}\nship: {{collector: 'tcp://127.0.0.1:{port or self.port}', "
                        f"collector_key: {keys}/collector.pub, key: {keys}/sensors/{name}.key{spooled}}}\n")
        return path

    def start_collector(self, store="store.db", more="", receive=""):
        path = self.folder / "collector.yaml"
        path.write_text(f"receive: {{{receive}listen: 'tcp://127.0.0.1:{self.port}', key: keys/collector.key, sensors: keys/sensors}}\n"
                        f"http: {{}}\nstore: {{path: {store}}}\nrules: {ROOT}/signatures/mismatch\n"
                        f"regions: {ROOT}/config/regions.yaml\ncountry_shapes: {ROOT}/config/country_shapes.tsv\n{more}\n")
        self.collector = self.start("sekimori-collector", "--config", path, log="collector.log")
        wait_for("the collector to listen", lambda: self.collector.poll() is not None or self.listens())
        assert self.collector.poll() is None, self.said("collector.log")

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def start(self, program, *arguments, log):
        with open(self.folder / log, "a") as stderr:
            process = subprocess.Popen([self.bin / program, *map(str, arguments)], stderr=stderr, stdout=subprocess.DEVNULL,
                                       stdin=subprocess.DEVNULL)
        self.started.append(process)
        return process

    def sense(self, config, *captures, log="sensor.log"):
        return self.start("sekimori-sensor", "--config", config, *captures, log=log)

    def sense_to_end(self, config, *captures, expect=0):
        sensor = self.sense(config, *captures)
        code = sensor.wait(PATIENCE_S * 5)
        assert code == expect, f"sensor: exit {code}, not {expect}: {self.said('sensor.log')[-2000:]}"

    def kill(self, process, how=signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(how)
        process.wait(PATIENCE_S)

    def small_disk(self, name, size):
        """A folder that is a disk of its own."""
        path = self.folder / name
        path.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "none", path], capture_output=True, text=True)
        if done.returncode != 0:
            print(f"skip: a small disk needs root: {done.stderr}")
            sys.exit(77)
        self.disks.append(path)

    def said(self, log):
        return (self.folder / log).read_text()

    def empty_capture(self):
        path = self.folder / "empty.pcap"
        write_capture(path, 0, 0, self.begin)
        return path

    def capture(self, first, count):
        path = self.folder / f"{first}-{count}.pcap"
        write_capture(path, first, count, self.begin)
        return path

    def rows(self, sql, store="store.db"):
        database = sqlite3.connect(f"file:{self.folder / store}?mode=ro", uri=True, timeout=30)
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()

    def sessions(self, store="store.db"):
        """What makes two stores equal: identity, type, client and times of every session."""
        return set(self.rows("SELECT hex(event_id), type, client_ip, started, ended FROM sessions", store))

    def undisturbed(self, captures):
        """The same captures through a sensor and a collector that nobody disturbs, into a store of their own."""
        self.start_collector("undisturbed.db")
        self.sense_to_end(self.configure_sensor(spool=None), *captures)
        self.kill(self.collector, signal.SIGTERM)
        return self.sessions("undisturbed.db")


def differences(got, expected):
    faults = []
    if missing := expected - got:
        faults.append(f"{len(missing)} of {len(expected)} sessions are missing, such as {min(missing)}")
    if surplus := got - expected:
        faults.append(f"{len(surplus)} sessions are not in the undisturbed store, such as {min(surplus)}")
    return faults
