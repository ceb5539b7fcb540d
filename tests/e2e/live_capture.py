#!/usr/bin/env python3
"""Live capture of real traffic in network namespaces (live_lab.py draws them).

    live_capture.py BUILD_DIR CASE [SECONDS]

The cases are the functions below; SECONDS is for `rate`.
"""

import itertools
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

from live_lab import PATIENCE_S, Lab, run, wait_for

# A port that echoes once: TCP over both families, and UDP.
ECHO_SERVER = """
import socket, socketserver, sys, threading
class Tcp(socketserver.ThreadingTCPServer): allow_reuse_address = True; request_queue_size = 128
class Tcp6(Tcp): address_family = socket.AF_INET6
class Udp6(socketserver.UDPServer): address_family = socket.AF_INET6
class OnTcp(socketserver.BaseRequestHandler):
    def handle(self): self.request.sendall(self.request.recv(100))
class OnUdp(socketserver.BaseRequestHandler):
    def handle(self): self.request[1].sendto(self.request[0], self.client_address)
v4, v6 = sys.argv[1:3]
servers = [Tcp((v4, 7007), OnTcp), Tcp6((v6, 7007), OnTcp), socketserver.UDPServer((v4, 7007), OnUdp), Udp6((v6, 7007), OnUdp)]
for server in servers: threading.Thread(target=server.serve_forever).start()
print("ready", flush=True)
"""
# COUNT sessions of each kind, one after the other, from PORT on; prints kind and local port of each.
ECHO_CLIENT = """
import socket, sys
v4, v6, count, port = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    for family, address in ((socket.AF_INET, v4), (socket.AF_INET6, v6)):
        for number in range(count):
            with socket.socket(family, kind) as one:
                one.settimeout(10)
                one.bind(("", port))  # none twice: that would be the same UDP session
                port += 1
                one.connect((address, 7007))
                one.sendall(b"hello")
                assert one.recv(100) == b"hello"
                print("tcp" if kind == socket.SOCK_STREAM else "udp", "ipv4" if family == socket.AF_INET else "ipv6", one.getsockname()[1])
"""
BASE_PORTS = itertools.count(20_000, 1_000)


def echo_sessions(lab, v4, v6, count):
    done = lab.run_in("client", sys.executable, "-c", ECHO_CLIENT, v4, v6, str(count), str(next(BASE_PORTS)))
    return [tuple(line.split()) for line in done.stdout.splitlines()]


def echo_records(lab):
    """Kind and client port of each end record of the echo server, with the packets of both sides."""
    return [((record["network"]["transport"], record["network"]["type"], str(record["client"]["port"])),
             record["client"].get("packets", 0), record["server"].get("packets", 0))
            for record in lab.records("end") if record["server"].get("port") == 7007]


def check_echo(lab, told):
    faults = []
    records = echo_records(lab)
    if sorted(key for key, _, _ in records) != sorted(told):
        keys = [key for key, _, _ in records]
        faults.append(f"{len(told)} sessions gave {len(keys)} end records: missing {sorted(set(told) - set(keys))[:5]}, "
                      f"doubled {sorted(key for key in set(keys) if keys.count(key) > 1)[:5]}")
    for key, client, server in records:
        if client < 1 or server < 1:
            faults.append(f"{key}: {client} packets of the client, {server} of the server")
    return faults[:10]


def stopped_whole(lab, sensor, interface):
    sensor.stop()
    totals = sensor.totals(interface)
    lost = {name: totals[name] for name in ("kernel", "queue") if totals[name]}
    return [f"frames were lost: {lost}"] if lost else []


def tls(lab):
    """A TLS session gives the start and end records that a replay of the same packets gives."""
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", lab.folder / "key.pem",
        "-out", lab.folder / "cert.pem", "-subj", "/CN=work.platform.example", "-days", "2")
    lab.start("tap", "openssl", "s_server", "-accept", "8443", "-cert", lab.folder / "cert.pem", "-key", lab.folder / "key.pem", "-www")
    witness = lab.start("tap", "tcpdump", "--immediate-mode", "-U", "-Z", "root", "-i", "t0", "-w", lab.folder / "witness.pcap", "tcp", "port", "8443",
                        stderr=subprocess.PIPE, text=True)
    said = witness.stderr.readline()
    assert "listening" in said, said
    sensor = lab.start_sensor(config="interfaces: [t0]")
    wait_for("the TLS server", lambda: lab.run_in("tap", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8443", check=False).returncode == 0)
    client = ["openssl", "s_client", "-connect", "10.1.0.2:8443", "-servername", "work.platform.example", "-alpn", "h2,http/1.1"]
    said = lab.run_in("client", *client, input="GET / HTTP/1.0\r\n\r\n").stdout
    assert "CONNECTED" in said, said
    began = time.time()
    start = wait_for("a start record", lambda: lab.records("start"), 15)[0]
    print(f"start record {start['arrived'] - began:.2f} s after the session")
    sensor.stop()
    witness.terminate()
    witness.wait(PATIENCE_S)
    replayed = [json.loads(line) for line in run(lab.bin / "sekimori", "replay", "--starts", "--sessions", "-",
                                                 lab.folder / "witness.pcap").stdout.splitlines()]
    faults = []
    for kind in ("start", "end"):
        live = [record for record in lab.records(kind) if record["server"].get("port") == 8443]
        want = [record for record in replayed if record["event"]["type"] == kind]
        if len(live) != 1 or len(want) != 1:
            faults.append(f"{kind}: {len(live)} live records, {len(want)} replayed")
            continue
        for place in ("tls", "client", "server", "network"):
            if live[0].get(place) != want[0].get(place):
                faults.append(f"{kind}: {place} is {live[0].get(place)}, and {want[0].get(place)} replayed")
        if "ja4" not in live[0]["tls"]["client"] or live[0]["tls"]["client"]["server_name"] != "work.platform.example":
            faults.append(f"{kind}: no JA4 or another server name: {live[0]['tls']}")
    return faults


def idle(lab):
    """On a link where no packet comes any more, start records leave and silent sessions end."""
    sensor = lab.start_sensor(config="interfaces: [t0]\nflows: {timeouts: {half_open: 8s}}\ncapture: {filter: 'udp port 9 or tcp port 9'}")
    lab.run_in("client", sys.executable, "-c", "import socket; s = socket.socket(); s.setblocking(0); s.connect_ex(('10.1.0.2', 9))\n"
               "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('10.1.0.2', 9))")
    sent = time.time()
    start = wait_for("the start records", lambda: len(lab.records("start")) == 2 and lab.records("start"))[-1]
    end = [r for r in wait_for("an end record", lambda: lab.records("end"))][0]
    print(f"on the idle link: start records after {start['arrived'] - sent:.2f} s, end record after {end['arrived'] - sent:.2f} s")
    faults = stopped_whole(lab, sensor, "t0")
    if not 4 < start["arrived"] - sent < 8:
        faults.append(f"start records came after {start['arrived'] - sent:.1f} s, not 5")
    return faults


def fanout(lab):
    """Two workers: each session, TCP and UDP over IPv4 and IPv6, gives one end record with both directions."""
    lab.serve(ECHO_SERVER, "10.1.0.2", "fd01::2")
    sensor = lab.start_sensor(config="interfaces: [t0]\nworkers: 2\ncapture: {filter: 'port 7007'}")
    told = echo_sessions(lab, "10.1.0.2", "fd01::2", 100)
    faults = stopped_whole(lab, sensor, "t0")
    return faults + check_echo(lab, told)


def tunnel(lab):
    """The same inside VXLAN, whose outer ports differ by direction, so that the kernel deals them to different handles."""
    for side, own, other in (("client", 1, 2), ("tap", 2, 1)):
        lab.ip(side, "link", "add", "vx0", "type", "vxlan", "id", "7", "remote", f"10.1.0.{other}", "dstport", "4789", "dev", f"{side[0]}0")
        lab.set_up(side, "vx0", f"10.9.0.{own}/24", f"fd09::{own}/64")
    lab.serve(ECHO_SERVER, "10.9.0.2", "fd09::2")
    sensor = lab.start_sensor(config="interfaces: [t0]\nworkers: 2")
    told = echo_sessions(lab, "10.9.0.2", "fd09::2", 50)
    faults = stopped_whole(lab, sensor, "t0")
    return faults + check_echo(lab, told)


# Copies each frame of t0 to one of two wires by its direction, as a passive tap does.
TAP = """
import socket
def wire(name):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); s.bind((name, 0)); return s
t0, up, down = wire("t0"), wire("w0"), wire("w1")
print("ready", flush=True)
while True:
    frame, (_, _, kind, _, _) = t0.recvfrom(65535)
    (down if kind == socket.PACKET_OUTGOING else up).send(frame)
"""


def tap(lab):
    """The two directions on two interfaces: each session is one, its client known and its times as they were."""
    for wire, monitor in (("w0", "m0"), ("w1", "m1")):
        lab.ip("tap", "link", "add", wire, "type", "veth", "peer", "name", monitor)
        lab.set_up("tap", wire)
        lab.set_up("tap", monitor)
    lab.serve(TAP)
    lab.serve(ECHO_SERVER, "10.1.0.2", "fd01::2")
    sensor = lab.start_sensor(config="interfaces: [m0, m1]\nworkers: 2\ncapture: {filter: 'port 7007'}")
    told = echo_sessions(lab, "10.1.0.2", "fd01::2", 25)
    faults = stopped_whole(lab, sensor, "m0")
    if not all(sensor.totals(name)["received"] for name in ("m0", "m1")):
        faults.append(f"nothing came from one wire: {sensor.said()}")
    for record in lab.records("end"):
        if record["network"]["transport"] == "tcp" and record["server"].get("port") == 7007:
            timing = record["sekimori"].get("timing", {})
            if not 0 <= timing.get("server_rtt_us", -1) < 1_000_000 or not 0 <= timing.get("client_rtt_us", -1) < 1_000_000:
                faults.append(f"a session's times are {timing}")
    return faults[:5] + check_echo(lab, told)


def any_interface(lab):
    """`any`, and two interfaces of which each carries its own sessions."""
    lab.add_pair("c1", "t1", 2)
    faults = []
    for net in (1, 2):
        lab.serve(ECHO_SERVER, f"10.{net}.0.2", f"fd0{net}::2")
    for what, arguments, config in (("any", ["--interface", "any"], "workers: 2\ncapture: {filter: 'port 7007'}"),
                                    ("two interfaces", [], "interfaces: [t0, t1]\nworkers: 2\ncapture: {filter: 'port 7007'}")):
        before = len(echo_records(lab))
        sensor = lab.start_sensor(*arguments, config=config)
        told = [one for net in (1, 2) for one in echo_sessions(lab, f"10.{net}.0.2", f"fd0{net}::2", 10)]
        sensor.stop()
        got = echo_records(lab)[before:]
        if sorted(key for key, _, _ in got) != sorted(told) or not all(client and server for _, client, server in got):
            faults.append(f"{what}: {len(told)} sessions gave {len(got)} end records")
        if what == "two interfaces" and not all(sensor.totals(name)["received"] for name in ("t0", "t1")):
            faults.append(f"{what}: nothing came from one: {sensor.said()}")
    return faults


def capture_filter(lab):
    """A filter keeps the rest out; a bad filter, a missing interface and one that is down are said in words."""
    lab.serve(ECHO_SERVER, "10.1.0.2", "fd01::2")
    sensor = lab.start_sensor(config="interfaces: [t0]\ncapture: {filter: 'ip6 and udp'}")
    told = [one for one in echo_sessions(lab, "10.1.0.2", "fd01::2", 5) if one[:2] == ("udp", "ipv6")]
    faults = stopped_whole(lab, sensor, "t0") + check_echo(lab, told)
    if any((r["network"]["transport"], r["network"]["type"]) != ("udp", "ipv6") for r in lab.records("end")):
        faults.append("other traffic than the filter's came through")
    lab.ip("tap", "link", "add", "t8", "type", "veth", "peer", "name", "t8-peer")
    for config, check_only, words in (
            ("interfaces: [t0]\ncapture: {filter: 'port and'}", True, ["sensor.yaml:", "filter", "port and", "syntax error"]),
            ("interfaces: [t0]\ncapture: {filter: 'port and'}", False, ["sensor.yaml:", "filter", "port and", "syntax error"]),
            ("interfaces: [t9]", False, ["'t9' does not exist", "ip link"]),
            ("interfaces: [t8]", False, ["'t8' is down", "ip link set dev t8 up"]),
            ("", False, ["nothing to read", "interfaces"]),
            ("interfaces: [t0]\nuser: nobody-at-all", False, ["nobody-at-all", "does not exist"])):
        lab.configure(config)
        done = lab.run_in("tap", lab.bin / "sekimori-sensor", "--config", lab.folder / "sensor.yaml",
                          *(["--check-config"] if check_only else []), check=False)
        if done.returncode != 1 or not all(word in done.stderr for word in words):
            faults.append(f"{config!r}: exit {done.returncode}: {done.stderr!r}")
    lab.configure("interfaces: [t0]")
    os.chmod(lab.folder, 0o755)
    os.chown(lab.folder / "edge-1.key", 65534, 65534)
    done = lab.run_in("tap", "setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all",
                      lab.bin / "sekimori-sensor", "--config", lab.folder / "sensor.yaml", check=False)
    if done.returncode != 1 or "'t0' may not be captured from" not in done.stderr or "CAP_NET_RAW" not in done.stderr:
        faults.append(f"without privilege: exit {done.returncode}: {done.stderr!r}")
    return faults


def interface(lab):
    """Down and up, and deleted and created again: said once, sessions kept, the gap counted, capturing again."""
    faults = []
    lab.serve(ECHO_SERVER, "10.1.0.2", "fd01::2")
    sensor = lab.start_sensor(config="interfaces: [t0]\nworkers: 2\nuser: nobody\ncapture: {filter: 'udp port 7007'}")
    # One session across everything that happens: the same ports before and after.
    talk = ("import socket, sys, time\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('', 5005))\ns.settimeout(0.2)\n"
            "for _ in range(100):\n try:\n  s.sendto(b'x', ('10.1.0.2', 7007)); s.recv(9); break\n except OSError: time.sleep(0.1)\n"
            "else: sys.exit(1)")
    lab.run_in("client", sys.executable, "-c", talk)
    lab.ip("tap", "link", "set", "t0", "down")
    wait_for("the word that it went down", lambda: "'t0' went down" in sensor.said())
    time.sleep(1.2)  # the gap that has to be counted
    lab.set_up("tap", "t0", "10.1.0.2/24", "fd01::2/64")
    wait_for("the word that it is back", lambda: "'t0' is back" in sensor.said())
    lab.run_in("client", sys.executable, "-c", talk)
    lab.ip("tap", "link", "del", "t0")
    wait_for("the word that it is gone", lambda: "'t0' is gone" in sensor.said())
    time.sleep(2.2)  # it tries in vain, and says nothing more
    if sensor.said().count("\n") > 4:
        faults.append(f"it says too much: {sensor.said()}")
    lab.add_pair("c0", "t0", 1)
    wait_for("the word that it is back", lambda: sensor.said().count("'t0' is back") == 2)
    lab.run_in("client", sys.executable, "-c", talk)
    sensor.stop()
    totals = sensor.totals("t0")
    ends = [r for r in lab.records("end") if r["client"].get("port") == 5005]
    counts = [(r["client"]["packets"], r["server"]["packets"]) for r in ends]
    if len(ends) != 1 or min(counts[0]) < 3:
        faults.append(f"one session with three answers became {counts}")
    if totals["missed_s"] < 3 or totals["kernel"] or totals["queue"]:
        faults.append(f"the gap of 3 s and more and no drop became {totals}")
    return faults


def status_of(process):
    """Every thread's /proc/PID/task/TID/status."""
    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        yield dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)


def confinement(lab):
    """What the kernel says of a running sensor's privileges; SIGHUP, SIGTERM and a second SIGTERM."""
    faults = []
    nobody, net_raw, read_search = "65534", 1 << 13, 1 << 2

    def check(what, process, uid, effective, permitted, bounding=0):
        want = {"NoNewPrivs": 1, "Seccomp": 2, "CapEff": effective, "CapPrm": permitted, "CapInh": 0, "CapBnd": bounding, "CapAmb": 0}
        threads = list(status_of(process))
        for status in threads:
            got = {name: int(status[name], 16) for name in want}
            if got != want or status["Uid"].split() != [uid] * 4 or (uid != "0" and status["Groups"].strip()):
                faults.append(f"{what}: {got}, uid {status['Uid']}, groups {status['Groups']}")
        return len(threads)

    sensor = lab.start_sensor(config="interfaces: [t0]\nuser: nobody")
    if check("interfaces", sensor.process, nobody, 0, net_raw) < 6:
        faults.append("not all threads were looked at")
    sensor.process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    sensor.stop()
    for what, config, uid in (("a pipe", "", "0"), ("a pipe and a user", "user: nobody", nobody)):
        lab.configure(config)
        pipe = lab.start("tap", lab.bin / "sekimori-sensor", "--config", lab.folder / "sensor.yaml", "-", stdin=subprocess.PIPE)
        wait_for("the sensor to be confined", lambda: all(s["Seccomp"].strip() == "2" for s in status_of(pipe)))
        wait_for("its threads", lambda: len(os.listdir(f"/proc/{pipe.pid}/task")) >= 3)
        check(what, pipe, uid, read_search, read_search)
        pipe.stdin.close()
        pipe.wait(PATIENCE_S)
    # As its systemd unit starts it: no root, one ambient capability, which it has to make ineffective by itself.
    os.chmod(lab.folder, 0o755)
    os.chown(lab.folder / "edge-1.key", int(nobody), int(nobody))
    sensor = lab.start_sensor(config="interfaces: [t0]", under=(
        "setpriv", f"--reuid={nobody}", "--clear-groups", "--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw",
        "--bounding-set=-all,+net_raw"))
    check("its unit's privileges", sensor.process, nobody, 0, net_raw, net_raw)
    sensor.stop()
    # Nobody answers, so one SIGTERM would wait for 20 s.
    lab.endpoint = "tcp://127.0.0.1:9"
    sensor = lab.start_sensor(config="interfaces: [t0]\nuser: nobody")
    lab.run_in("client", sys.executable, "-c", "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('10.1.0.2', 9))")
    time.sleep(0.5)  # a session must be open for there to be something to deliver
    sensor.process.terminate()
    time.sleep(0.5)
    sensor.process.terminate()
    began = time.monotonic()
    code = sensor.process.wait(PATIENCE_S)
    if code != 3 or time.monotonic() - began > 10:
        faults.append(f"a second SIGTERM: exit {code} after {time.monotonic() - began:.1f} s")
    return faults


def flood(lab, packets, per_second, flows, size):
    sent, seconds = lab.run_in("client", "taskset", "-c", "0", lab.tools / "packet_flood", "c0", packets, per_second, flows, size).stdout.split()
    return int(sent), float(seconds)


def drops(lab):
    """A small ring, and the sensor stopped for a second under a flood: what was sent was received or is counted as lost."""
    sensor = lab.start_sensor(config="interfaces: [t0]\nworkers: 2\nuser: nobody\ncapture: {ring: 1MiB, filter: 'tcp port 443'}")
    generator = lab.start("client", lab.tools / "packet_flood", "c0", "300000", "150000", "1000", "200", stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    os.kill(sensor.process.pid, signal.SIGSTOP)
    time.sleep(1)
    os.kill(sensor.process.pid, signal.SIGCONT)
    sent = int(generator.communicate(timeout=60)[0].split()[0])
    wait_for("the word that frames are lost", lambda: "frames are lost: t0" in sensor.said())
    sensor.stop()
    totals = sensor.totals("t0")
    print(f"sent {sent}: {totals}")
    faults = [] if totals["received"] + totals["kernel"] == sent else [f"sent {sent}, but {totals}"]
    return faults if totals["kernel"] else faults + ["nothing was dropped: the test shows nothing"]


def cpu_seconds(process):
    tasks = pathlib.Path(f"/proc/{process.pid}/task").iterdir()  # not by ticks, which threads that wake for a moment escape
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def rate(lab):
    """As fast as the generator can send: no packet is lost."""
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 5
    sensor = lab.start_sensor(config="interfaces: [t0]\nuser: nobody\ncapture: {filter: 'tcp port 443', ring: 256MiB}")
    run("taskset", "-a", "-p", "-c", "1" if os.cpu_count() == 2 else f"1-{os.cpu_count() - 1}", str(sensor.process.pid))
    sent, took = flood(lab, 100_000, 0, 10_000, 100)
    packets = int(seconds * sent / took)
    used = cpu_seconds(sensor.process)
    more, took = flood(lab, packets, 0, 10_000, 100)
    used = cpu_seconds(sensor.process) - used
    sensor.stop()
    totals = sensor.totals("t0")
    print(f"{more / took:.0f} packets/s for {took:.1f} s, sensor at {100 * used / took:.0f} % of a core: {totals}")
    if totals["received"] != sent + more or totals["kernel"] or totals["queue"]:
        return [f"sent {sent + more}, but {totals}"]
    return []


CASES = {"tls": tls, "idle": idle, "fanout": fanout, "tunnel": tunnel, "tap": tap, "any": any_interface, "filter": capture_filter,
         "interface": interface, "confinement": confinement, "drops": drops, "rate": rate}


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left behind
    with Lab(sys.argv[1]) as lab:
        try:
            lab.start_collector()
            faults = CASES[sys.argv[2]](lab)
        except AssertionError as error:
            faults = [str(error)]
    print(f"{len(faults)} faults")
    for fault in faults:
        print("  " + fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
