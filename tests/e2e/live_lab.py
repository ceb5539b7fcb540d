"""A network for live capture: a client's namespace, one veth pair, and a namespace with server, sensor and collector.

    client ns            tap ns
    c0 10.1.0.1    <-->  t0 10.1.0.2    servers, sekimori-sensor, record_sink
       fd01::1              fd01::2

Names hold the process id, so that tests run side by side; whatever was started is ended by its own id.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 30  # for anything that is waited for: a loaded machine is slow, not wrong
OFFLOADS = "tso off gso off gro off tx off"


def skip(why):
    print(f"skip: {why}")
    sys.exit(77)


def run(*command, check=True, **more):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stderr}")
    return done


def wait_for(what, holds, patience=PATIENCE_S):
    deadline = time.monotonic() + patience
    while True:
        got = holds()
        if got:
            return got
        assert time.monotonic() < deadline, f"waited {patience} s for {what}"
        time.sleep(0.05)


class Sensor:
    """A running sekimori-sensor, with what it said so far."""

    def __init__(self, lab, *arguments, under=()):
        self.log = lab.folder / f"sensor{len(lab.started)}.log"
        self.process = lab.start("tap", *under, lab.bin / "sekimori-sensor", "--config", lab.folder / "sensor.yaml", *arguments,
                                 stderr=open(self.log, "w"))

    def said(self):
        return self.log.read_text()

    def wait_until_captures(self):
        """Its threads run, which start last: its own three and those of ZeroMQ and the publisher."""
        def threads():
            assert self.process.poll() is None, f"the sensor ended with {self.process.returncode}: {self.said()}"
            return len(os.listdir(f"/proc/{self.process.pid}/task")) >= 7
        wait_for("the sensor's threads", threads)

    def stop(self):
        self.process.terminate()
        code = self.process.wait(PATIENCE_S)
        assert code == 0, f"the sensor ended with {code} on SIGTERM: {self.said()}"
        return self.said()

    def totals(self, interface):
        """The last report of one interface: received, dropped by kernel, interface and sensor, seconds not captured."""
        numbers = re.findall(rf"{re.escape(interface)}: (\d+) frames received, (\d+) dropped by the kernel, (\d+) by the interface, "
                             r"(\d+) by the sensor, (\d+) s not captured", self.said())
        assert numbers, f"no report about {interface}: {self.said()}"
        return dict(zip(("received", "kernel", "interface", "queue", "missed_s"), map(int, numbers[-1])))


class Lab:
    def __init__(self, build):
        build = pathlib.Path(build)
        self.bin, self.tools = build / "bin", build / "tests"
        for tool in ("ip", "ethtool", "tcpdump", "openssl"):
            if shutil.which(tool) is None:
                skip(f"{tool} is not installed")
        self.started, self.names = [], {side: f"sekimori-{side}-{os.getpid()}" for side in ("client", "tap")}
        if os.geteuid() != 0 or run("ip", "netns", "add", self.names["client"], check=False).returncode != 0:
            skip("network namespaces need root")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sekimori-live-"))

    def __enter__(self):
        run("ip", "netns", "add", self.names["tap"])
        self.ip("tap", "link", "set", "lo", "up")
        self.ip("client", "link", "set", "lo", "up")
        self.add_pair("c0", "t0", 1)
        for command in (["collector"], ["sensor", "edge-1"]):
            run(self.bin / "sekimori", "keys", *command, "--dir", self.folder)
        return self

    def __exit__(self, *_):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
        for name in self.names.values():
            run("ip", "netns", "del", name, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def ip(self, side, *command, check=True):
        return run("ip", "-n", self.names[side], *command, check=check)

    def add_pair(self, client, tap, net):
        self.ip("client", "link", "add", client, "type", "veth", "peer", "name", tap, "netns", self.names["tap"])
        self.set_up("client", client, f"10.{net}.0.1/24", f"fd0{net}::1/64")
        self.set_up("tap", tap, f"10.{net}.0.2/24", f"fd0{net}::2/64")

    def set_up(self, side, interface, *addresses):
        # Each packet is captured as it is on a wire, not as a card would still have to cut it.
        run("ip", "netns", "exec", self.names[side], "ethtool", "-K", interface, *OFFLOADS.split(), check=False)
        for address in addresses:
            self.ip(side, "addr", "replace", address, "dev", interface, *(["nodad"] if ":" in address else []))
        self.ip(side, "link", "set", interface, "up")

    def start(self, side, *command, **more):
        command = ["ip", "netns", "exec", self.names[side], *map(str, command)]
        more.setdefault("stdout", subprocess.DEVNULL)
        more.setdefault("stderr", subprocess.DEVNULL)
        process = subprocess.Popen(command, **more)  # ip(8) becomes the command: same process id
        self.started.append(process)
        return process

    def run_in(self, side, *command, **more):
        return run("ip", "netns", "exec", self.names[side], *command, **more)

    def start_collector(self):
        self.records_file = self.folder / "records"
        sink = self.start("tap", self.tools / "record_sink", self.folder / "collector.key", self.folder / "edge-1.pub", "edge-1",
                          "tcp://127.0.0.1:*", self.records_file, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.endpoint = sink.stdout.readline().strip()
        assert self.endpoint, "record_sink did not start"

    def configure(self, more=""):
        (self.folder / "sensor.yaml").write_text(
            f"observer: edge-1\nship: {{collector: '{self.endpoint}', collector_key: collector.pub, key: edge-1.key}}\n{more}\n")

    def start_sensor(self, *arguments, config="", under=()):
        """`under`: a command that becomes the sensor, as setpriv(1) does."""
        self.configure(config)
        sensor = Sensor(self, *arguments, under=under)
        sensor.wait_until_captures()
        return sensor

    def records(self, kind=None):
        """Records that came so far, each with the moment of its arrival in seconds under `arrived`."""
        out = []
        for line in self.records_file.read_text().splitlines():
            arrived, _, text = line.partition(" ")
            record = json.loads(text)
            record["arrived"] = int(arrived) / 1e9
            if kind is None or record["event"]["type"] in (kind, [kind]):
                out.append(record)
        return out

    def serve(self, code, *arguments):
        """A server of Python source `code` in the tap's namespace; it prints a line once it listens."""
        server = self.start("tap", sys.executable, "-c", code, *arguments, stdout=subprocess.PIPE, text=True)
        assert server.stdout.readline(), "the server did not start"
        return server
