#!/usr/bin/env python3
"""What both daemons tell systemd: readiness, reloads, status, and a watchdog that stops when one of their threads does.

    service_notify.py BUILD_DIR [sensor|collector]

This program listens where NOTIFY_SOCKET points, as systemd does. A single thread of a running daemon is stopped with ptrace(2),
which the others do not notice: the watchdog must fall silent, and speak again when the thread goes on. SIGSTOP stops all.
"""

import ctypes
import os
import pathlib
import signal
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "fault"))
import fault_lab  # noqa: E402
import live_lab  # noqa: E402
from fault_lab import wait_for  # noqa: E402

WATCHDOG_S = 2.0
# Longer than systemd would wait: what is silent for so long has fallen silent.
SILENCE_S = 3.0
SEIZE, INTERRUPT, DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000


class Manager:
    """The other end of NOTIFY_SOCKET: every datagram with the moment when it came."""

    def __init__(self, name):
        self.door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.door.bind(name)
        self.door.setblocking(False)
        self.name = name if isinstance(name, str) else "@" + name[1:].decode()
        self.said = []

    def environment(self, watchdog=WATCHDOG_S):
        return {**os.environ, "NOTIFY_SOCKET": self.name, "WATCHDOG_USEC": str(int(watchdog * 1_000_000))}

    def hear(self):
        while True:
            try:
                self.said.append((time.monotonic(), self.door.recv(4096).decode()))
            except BlockingIOError:
                return [text for _, text in self.said]

    def count(self, text):
        return sum(1 for line in self.hear() if text in line.split("\n"))

    def silent_for(self, seconds, text="WATCHDOG=1"):
        """Whether nothing of it comes in that time, after the turn that is under way: a second for threads that only wait."""
        time.sleep(1.5)
        before = self.count(text)
        time.sleep(seconds)
        return self.count(text) == before


class Stopped:
    """One thread of a process, stopped while this is held."""

    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

    def __init__(self, pid, name):
        tasks = pathlib.Path(f"/proc/{pid}/task")
        found = [int(task.name) for task in tasks.iterdir() if (task / "comm").read_text().strip() == name]
        assert found, f"no thread is called {name}: {[(task / 'comm').read_text() for task in tasks.iterdir()]}"
        self.thread = found[0]

    def ptrace(self, request):
        if self.libc.ptrace(request, self.thread, None, None) != 0:
            live_lab.skip(f"ptrace is not allowed here: {os.strerror(ctypes.get_errno())}")

    def __enter__(self):
        self.ptrace(SEIZE)
        self.ptrace(INTERRUPT)
        os.waitpid(self.thread, WALL)

    def __exit__(self, *_):
        self.ptrace(DETACH)


def watch(manager, pid, threads, faults):
    wait_for("READY=1", lambda: manager.count("READY=1") == 1)
    wait_for("a status", lambda: any(text.startswith("STATUS=") for text in manager.hear()))
    wait_for("the watchdog's word", lambda: manager.count("WATCHDOG=1") >= 2)
    if manager.silent_for(SILENCE_S):
        faults.append("the watchdog is silent although everything runs")
    for name in threads:
        with Stopped(pid, name):
            if not manager.silent_for(SILENCE_S):
                faults.append(f"the watchdog speaks while the thread '{name}' stands still")
        before = manager.count("WATCHDOG=1")
        wait_for("the watchdog to speak again", lambda: manager.count("WATCHDOG=1") > before)
    os.kill(pid, signal.SIGSTOP)
    if not manager.silent_for(SILENCE_S):
        faults.append("the watchdog speaks for a stopped process")
    os.kill(pid, signal.SIGCONT)
    ready = manager.count("READY=1")
    os.kill(pid, signal.SIGHUP)
    wait_for("READY=1 after a reload", lambda: manager.count("READY=1") == ready + 1)
    said = manager.hear()
    reload = [text for text in said if text.startswith("RELOADING=1")]
    if len(reload) != 1 or "MONOTONIC_USEC=" not in reload[0] or said.index(reload[0]) > max(
            at for at, text in enumerate(said) if text == "READY=1"):
        faults.append(f"a reload is not told before it is done: {reload}")


def sensor(build, faults):
    with live_lab.Lab(build) as lab:
        lab.start_collector()
        lab.configure("interfaces: [t0]\nworkers: 2")
        manager = Manager(str(lab.folder / "notify"))
        process = lab.start("tap", lab.bin / "sekimori-sensor", "--config", lab.folder / "sensor.yaml", env=manager.environment(),
                            stderr=open(lab.folder / "log", "w"))
        watch(manager, process.pid, ("read", "follow", "ship"), faults)
        if not any("frames" in text and "records" in text for text in manager.hear() if text.startswith("STATUS=")):
            faults.append("the status does not say what was read")
        process.terminate()
        code = process.wait(60)
        if code != 0 or manager.count("STOPPING=1") != 1:
            faults.append(f"the end: exit {code}, STOPPING=1 {manager.count('STOPPING=1')} times")


def collector(build, faults):
    with fault_lab.Lab(build, seed=1) as lab:
        manager = Manager(b"\0sekimori-notify-%d" % os.getpid())
        os.environ.update(manager.environment())
        lab.start_collector()
        watch(manager, lab.collector.pid, ("receive",), faults)
        lab.collector.terminate()
        code = lab.collector.wait(60)
        if code != 0 or manager.count("STOPPING=1") != 1:
            faults.append(f"the end: exit {code}, STOPPING=1 {manager.count('STOPPING=1')} times")
        # A socket that is not there is no reason not to work.
        os.environ["NOTIFY_SOCKET"] = str(lab.folder / "nobody")
        lab.start_collector()


def main():
    faults = []
    try:
        {"sensor": sensor, "collector": collector}[sys.argv[2]](sys.argv[1], faults)
    except AssertionError as error:
        faults.append(str(error))
    print(f"{len(faults)} faults")
    for fault in faults:
        print("  " + fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
