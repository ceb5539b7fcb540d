#!/usr/bin/env python3
"""`sekimori doctor` on installations that are really broken, one fault at a time.

    doctor.py BUILD_DIR

Real keys, stores, databases and daemons; each case breaks one thing and says what the doctor must find, and with which exit code:
0 well, 4 somebody should look, 5 something does not work.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "fault"))
from fault_lab import ROOT, Lab, free_port, wait_for  # noqa: E402

WELL, USAGE, LOOK, BROKEN = 0, 1, 4, 5


class Ward(Lab):
    def __init__(self, build):
        super().__init__(build, seed=1)
        self.ports = free_port(), free_port()
        self.sensor_more(f"path: direct\nrules: {ROOT}/signatures\nregions: {ROOT}/config/regions.yaml\ninterfaces: [lo]\n")
        self.start_collector(more=self.collector_more())
        self.sensor = None

    def collector_more(self):
        return f"metrics: {{listen: '127.0.0.1:{self.ports[1]}'}}\nsite: {{lat: 35.68, lon: 139.77}}"

    def sensor_more(self, more):
        self.config = self.configure_sensor(more=f"metrics: {{listen: '127.0.0.1:{self.ports[0]}'}}\n{more}", size="8MiB")
        return self.config

    def pipe_sensor(self, sessions=20_000):
        self.sensor = subprocess.Popen([self.bin / "sekimori-sensor", "--config", self.config, "-"], stdin=subprocess.PIPE,
                                       stderr=open(self.folder / "sensor.log", "a"))
        self.started.append(self.sensor)
        self.sensor.stdin.write(self.capture(0, sessions).read_bytes())
        self.sensor.stdin.flush()

    def doctor(self, *options, part="both"):
        files = {"sensor": ["--sensor", self.config], "collector": ["--collector", self.folder / "collector.yaml"]}
        chosen = files["sensor"] + files["collector"] if part == "both" else files[part]
        done = subprocess.run([self.bin / "sekimori", "doctor", *map(str, chosen), "--json", *options], capture_output=True, text=True,
                              timeout=120)
        findings = json.loads(done.stdout)["findings"] if done.stdout else []
        return done.returncode, findings


def expect(faults, case, got, code, severity, check, words):
    exit_code, findings = got
    hits = [one for one in findings if one["severity"] == severity and one["check"] == check and words in one["what"]]
    if not hits or exit_code != code:
        bad = [one for one in findings if one["severity"] in ("warning", "error")]
        faults.append(f"{case}: exit {exit_code}, not {code}; wanted {severity} of {check} with '{words}', got {bad}")
    elif severity in ("warning", "error") and not hits[0]["way_out"]:
        faults.append(f"{case}: does not say what to do: {hits[0]}")


def edited(path, old, new):
    """A context in which `path` holds `new` for `old`."""
    class Edited:
        def __enter__(self):
            self.text = path.read_text()
            assert old in self.text, f"{path} does not hold {old}"
            path.write_text(self.text.replace(old, new))

        def __exit__(self, *_):
            path.write_text(self.text)
    return Edited()


def with_mode(path, mode):
    class Mode:
        def __enter__(self):
            self.was = path.stat().st_mode & 0o7777
            path.chmod(mode)

        def __exit__(self, *_):
            path.chmod(self.was)
    return Mode()


def healthy(ward, faults):
    ward.pipe_sensor()
    wait_for("acknowledged records", lambda: "metrics" in str(ward.doctor(part="sensor")) and ward.doctor(part="sensor")[0] == WELL)
    code, findings = ward.doctor()
    bad = [one for one in findings if one["severity"] in ("warning", "error")]
    if code != WELL or bad:
        faults.append(f"a healthy pair: exit {code}, {bad}")
    if not any(one["check"] == "rules" and "for want of" in one["what"] for one in findings):
        faults.append("no rule that stays undecided is named")
    plain = subprocess.run([ward.bin / "sekimori", "doctor", "--sensor", ward.config], capture_output=True, text=True, timeout=60)
    if plain.returncode != WELL or "good    sensor, config: " not in plain.stdout:
        faults.append(f"without --json: exit {plain.returncode}: {plain.stdout[:300]}")
    nothing = subprocess.run([ward.bin / "sekimori", "doctor", "--bad"], capture_output=True, text=True, timeout=60)
    if nothing.returncode != USAGE:
        faults.append(f"an unknown option: exit {nothing.returncode}")


def configuration(ward, faults):
    keys, collector = ward.folder / "keys", ward.folder / "collector.yaml"
    with edited(ward.config, "observer:", "obsrever:"):
        expect(faults, "a misspelt key", ward.doctor(part="sensor"), BROKEN, "error", "config", "obsrever")
    with edited(ward.config, "path: direct", "path: undeclared"):
        expect(faults, "no path", ward.doctor(part="sensor"), LOOK, "warning", "config", "timing is not believed")
    with edited(ward.config, "[lo]", "[lo, nowhere0]"):
        expect(faults, "an interface that is not there", ward.doctor(part="sensor"), BROKEN, "error", "interfaces", "nowhere0")
    with edited(ward.config, "path: direct", "path: direct\nuser: nobody-of-that-name"):
        expect(faults, "a user that is not there", ward.doctor(part="sensor"), BROKEN, "error", "process", "nobody-of-that-name")
    with edited(ward.config, "rules: ", "rules: /nowhere"):
        expect(faults, "rules that are not there", ward.doctor(part="sensor"), BROKEN, "error", "rules", "/nowhere")
    with with_mode(keys / "sensors/edge-1.key", 0o644):
        expect(faults, "a key that everybody reads", ward.doctor(part="sensor"), BROKEN, "error", "keys", "edge-1.key")
    with with_mode(keys / "collector.key", 0o644):
        expect(faults, "the collector's key, open", ward.doctor(part="collector"), BROKEN, "error", "keys", "collector.key")
    with edited(keys / "collector.pub", "", "x"):
        expect(faults, "a public key that is none", ward.doctor(part="sensor"), BROKEN, "error", "keys", "collector.pub")
    with edited(collector, "store: {path: store.db}", "store: {path: nowhere/store.db}"):
        expect(faults, "no folder for the store", ward.doctor(part="collector"), BROKEN, "error", "store", "is not there")
    empty = ward.folder / "none"
    empty.mkdir()
    with edited(collector, "sensors: keys/sensors", "sensors: none"):
        expect(faults, "nobody let in", ward.doctor(part="collector"), LOOK, "warning", "keys", "no sensor is let in")


def databases(ward, faults):
    made = ROOT / "tests/geo/country.mmdb"
    data = made.read_bytes()
    old = ward.folder / "old.mmdb"
    at = data.rindex(b"build_epoch") + len(b"build_epoch")
    assert data[at] >> 5 == 0 and data[at + 1] == 2, "build_epoch is no uint64"
    size = data[at] & 31
    old.write_bytes(data[:at + 2] + (1_600_000_000).to_bytes(size, "big") + data[at + 2 + size:])
    (ward.folder / "cut.mmdb").write_bytes(data[:len(data) // 2])
    with edited(ward.config, "path: direct", f"path: direct\ndatabases: [{old}]"):
        expect(faults, "an old database", ward.doctor(part="sensor"), LOOK, "warning", "databases", "days old")
    with edited(ward.config, "path: direct", f"path: direct\ndatabases: [{ward.folder}/cut.mmdb]"):
        expect(faults, "a database that is cut", ward.doctor(part="sensor"), BROKEN, "error", "databases", "cut.mmdb")


def spool(ward, faults):
    folder = ward.folder / "spool"
    with with_mode(folder, 0o755):
        expect(faults, "an open spool", ward.doctor(part="sensor"), LOOK, "warning", "spool", "others than its owner")
    (folder / "ballast").write_bytes(b"\0" * (5 << 20))
    expect(faults, "a full spool", ward.doctor(part="sensor"), LOOK, "warning", "spool", "MiB wait")
    (folder / "ballast").unlink()
    with edited(ward.config, ", spool: {dir: spool, size: 8MiB}", ""):
        expect(faults, "no spool", ward.doctor(part="sensor"), LOOK, "warning", "spool", "there is no spool")
    disk(ward, faults)


def disk(ward, faults):
    if os.geteuid() != 0:
        return print("a full disk is not tried: needs root")
    small = ward.folder / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small], capture_output=True).returncode != 0:
        return print("a full disk is not tried: mount is not allowed")
    try:
        (small / "spool").mkdir(mode=0o700)
        (small / "fill").write_bytes(b"\0" * (4 << 20 - 0) if False else b"\0" * (4 * 1024 * 1024 - 16384))
        with edited(ward.config, "dir: spool", "dir: small/spool"):
            expect(faults, "a full disk", ward.doctor(part="sensor"), BROKEN, "error", "spool", "MiB are left")
    finally:
        subprocess.run(["umount", small], check=True)


def store(ward, faults):
    copy, folder = ward.folder / "copy.db", ward.folder
    ward.rows("SELECT 1")
    with edited(folder / "collector.yaml", "path: store.db", "path: copy.db"):
        ward.kill(ward.collector, signal.SIGTERM)  # its log is in the file now
        shutil.copy(folder / "store.db", copy)
        copy.chmod(0o644)
        got = ward.doctor(part="collector")
        expect(faults, "a store that everybody reads", got, BROKEN, "warning", "store", "others than its owner")
        copy.chmod(0o600)
        whole = copy.read_bytes()
        damaged = bytearray(whole)
        for page in range(8, len(whole) // 4096, 3):  # pages of sessions, overwritten
            damaged[page * 4096:page * 4096 + 64] = b"\xff" * 64
        copy.write_bytes(damaged)
        expect(faults, "a damaged store", ward.doctor(part="collector"), BROKEN, "error", "store", "is damaged")
        # A row without its entry in an index: only the thorough check reads both.
        copy.write_bytes(whole)
        subprocess.run([sys.executable, "-c", DROP_INDEX_ENTRY, str(copy)], check=True)
        quick = [one for one in ward.doctor(part="collector")[1] if one["check"] == "store" and one["severity"] == "error"]
        if quick:
            faults.append(f"the quick check finds what only the thorough one should: {quick}")
        expect(faults, "an index that lacks a row", ward.doctor("--thorough", part="collector"), BROKEN, "error", "store", "is damaged")
        copy.write_bytes(b"SQLite format 3\0" + b"\0" * 100)
        expect(faults, "no database", ward.doctor(part="collector"), BROKEN, "error", "store", "")
        copy.unlink()
        for left in ("-wal", "-shm"):
            (folder / f"copy.db{left}").unlink(missing_ok=True)
        other = __import__("sqlite3").connect(copy)
        other.execute("CREATE TABLE a (b)")
        other.close()
        expect(faults, "another program's database", ward.doctor(part="collector"), BROKEN, "error", "store", "is no sekimori store")


# The schema table is told that the index is gone, a row is added, and the index is put back.
DROP_INDEX_ENTRY = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA writable_schema=ON")
row = database.execute("SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema WHERE name = 'sessions_ended'").fetchone()
database.execute("DELETE FROM sqlite_schema WHERE name = 'sessions_ended'")
database.commit()
database.close()
database = sqlite3.connect(sys.argv[1])
database.execute("DELETE FROM sessions WHERE id = (SELECT max(id) FROM sessions)")
database.commit()
database.execute("PRAGMA writable_schema=ON")
database.execute("INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES (?, ?, ?, ?, ?)", row)
database.commit()
"""


def daemons(ward, faults):
    """The collector is down since store()."""
    expect(faults, "a collector that is down", ward.doctor(part="collector"), BROKEN, "error", "metrics", "nobody answers")
    ward.sensor.stdin.close()
    ward.sensor.wait(120)
    expect(faults, "a sensor that is down", ward.doctor(part="sensor"), BROKEN, "error", "metrics", "nobody answers")
    with socket.create_server(("127.0.0.1", ward.ports[0])) as door:
        threading.Thread(target=answer_once, args=(door,), daemon=True).start()
        expect(faults, "a stranger on the port", ward.doctor(part="sensor"), BROKEN, "error", "metrics", "something else")
        door.shutdown(socket.SHUT_RDWR)  # or the thread that waits keeps the port
    with edited(ward.config, f"metrics: {{listen: '127.0.0.1:{ward.ports[0]}'}}", ""):
        expect(faults, "no metrics", ward.doctor(part="sensor"), WELL, "note", "metrics", "serves no metrics")
    ward.pipe_sensor()
    wait_for("records that nobody takes", lambda: "no collector has acknowledged" in str(ward.doctor(part="sensor")[1]))
    expect(faults, "a sensor without its collector", ward.doctor(part="sensor"), BROKEN, "error", "metrics", "no collector has acknowledged")
    ward.kill(ward.sensor)
    stranger(ward, faults)


def stranger(ward, faults):
    """A sensor whose name is not its key's, and one whose key is unknown."""
    ward.start_collector(more=ward.collector_more())
    with edited(ward.config, "observer: edge-1", "observer: edge-2"):
        ward.pipe_sensor()
        wait_for("a refusal", lambda: "refuses this sensor's greeting" in str(ward.doctor(part="sensor")[1]))
        expect(faults, "a wrong name, at the sensor", ward.doctor(part="sensor"), BROKEN, "error", "metrics", "refuses this sensor's greeting")
        expect(faults, "a wrong name, at the collector", ward.doctor(part="collector"), LOOK, "warning", "metrics", "greetings were refused")
        ward.kill(ward.sensor)
    expect(faults, "a sensor that was not heard of", ward.doctor(part="collector"), LOOK, "note", "metrics", "has sent nothing since")
    (ward.folder / "keys/other").mkdir()
    ward.run("keys", "sensor", "edge-1", "--dir", ward.folder / "keys/other")
    with edited(ward.config, "sensors/edge-1.key", "other/edge-1.key"):
        ward.pipe_sensor()
        wait_for("a refused key", lambda: "key that is not on the list" in str(ward.doctor(part="collector")[1]))
        ward.kill(ward.sensor)


def answer_once(door):
    try:
        while True:
            one, _ = door.accept()
            one.recv(4096)
            one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>")
            one.close()
    except OSError:
        pass


def main():
    faults = []
    with Ward(sys.argv[1]) as ward:
        try:
            for case in (healthy, configuration, databases, spool, store, daemons):
                began = time.monotonic()
                case(ward, faults)
                print(f"{case.__name__}: {time.monotonic() - began:.1f} s")
        except AssertionError as error:
            faults.append(str(error))
    print(f"{len(faults)} faults")
    for fault in faults:
        print("  " + fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
