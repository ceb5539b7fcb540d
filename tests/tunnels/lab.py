"""Two namespaces, one wire, and tcpdump on it: what the recipes of record.py are recorded in.

    client 192.0.2.10  <------ wire ------>  192.0.2.20 server (tcpdump)

Everything that is started is ended by its own process id, and the namespaces go with it.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

CLIENT, SERVER = "192.0.2.10", "192.0.2.20"
PATIENCE_S = 20


class Lab:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tunnels-"))
        self.names = {end: f"sk{os.getpid()}{end}" for end in ("client", "server")}
        self.started = []
        for name in self.names.values():
            self.run("ip", "netns", "add", name)
            self.run("ip", "-n", name, "link", "set", "lo", "up")
        wires = {end: f"{end[0]}{os.getpid()}" for end in self.names}
        self.run("ip", "link", "add", wires["client"], "type", "veth", "peer", "name", wires["server"])
        for end, address in (("client", CLIENT), ("server", SERVER)):
            name = self.names[end]
            self.run("ip", "link", "set", wires[end], "netns", name)
            self.run("ip", "-n", name, "link", "set", wires[end], "name", "wire")
            self.run("ip", "netns", "exec", name, "ethtool", "-K", "wire", "tso", "off", "gso", "off", "gro", "off", "tx", "off")
            self.run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "wire")
            self.run("ip", "-n", name, "link", "set", "wire", "up")

    def run(self, *command, check=True, **more):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60, **more)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stderr}{done.stdout}")
        return done

    def inside(self, end, command):
        return ["ip", "netns", "exec", self.names[end], *map(str, command)]

    def start(self, end, *command, **more):
        """A process in the background; its words go to a log in the lab's folder."""
        log = open(self.folder / f"{len(self.started)}-{pathlib.Path(str(command[0])).name}.log", "w")
        more.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen(self.inside(end, command), stdout=log, stderr=subprocess.STDOUT, start_new_session=True, cwd=self.folder,
                                   **more)
        self.started.append(process)
        return process

    def do(self, end, *command, check=False, **more):
        """A command that ends; by itself or after `seconds`."""
        seconds = more.pop("seconds", 10)
        return self.run("timeout", seconds, *self.inside(end, command), check=check, cwd=self.folder, **more)

    def write(self, name, text, mode=0o644):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def wait_for_port(self, port, transport="tcp", end="server"):
        flags = "-Hltn" if transport == "tcp" else "-Hlun"
        deadline = time.monotonic() + PATIENCE_S
        while f":{port} " not in self.run(*self.inside(end, ["ss", flags])).stdout:
            if time.monotonic() > deadline:
                raise RuntimeError(f"nobody listens on {transport}/{port}; logs in {self.folder}")
            time.sleep(0.1)

    def capture(self, path, bpf, packets):
        """Begins to record; the file holds at most `packets`."""
        command = ["tcpdump", "-i", "wire", "-U", "-n", "-c", packets, "-w", path, "--immediate-mode", bpf]
        self.tcpdump = self.start("server", *command)
        time.sleep(1)

    def stop(self, process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(5)

    def close(self):
        for process in reversed(self.started):
            self.stop(process)
        for name in self.names.values():  # what a daemon left behind is in no other namespace
            for pid in self.run("ip", "netns", "pids", name, check=False).stdout.split():
                os.kill(int(pid), signal.SIGKILL)
            self.run("ip", "netns", "delete", name, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
