#!/usr/bin/env python3
"""Strangers, liars and thieves around one collector, while a sensor delivers through them.

    hostile.py BUILD_DIR

    sekimori-sensor edge-1 --slow wire--> sekimori-collector <-- no key, a wrong key, garbage, 300 half-open connections
                                                             <-- edge-2's own key: other names, old batches, bombs, giants

They speak through libzmq's Python binding and bytes typed from core/record/transport_message.h, so that no code of ours is on
their side. Afterwards the store holds what an undisturbed run's store holds, each record once, and the collector is small.
"""

import os
import pathlib
import random
import socket
import struct
import subprocess
import sys
import time

from fault_lab import Lab, differences, wait_for

try:
    import zmq
except ImportError:
    print("skip: python3-zmq is not installed")
    sys.exit(77)

SESSIONS = 20_000
HELLO, WELCOME, DELIVERY, ACKNOWLEDGEMENT, REFUSAL = range(1, 6)
UNREADABLE, WRONG_NAME = 2, 3
HEAP_KB = 400_000  # what the collector may ever have held; the bombs below are of 1 GiB and of 4 GiB
STRANGER, HOLDER = "127.0.0.2", "127.0.0.3"  # not the sensor's address: connections are counted by address


def hello(name, boot, oldest=1):
    return struct.pack(">BBHQQB", HELLO, 1, 1, boot, oldest, len(name)) + name.encode()


def delivery(boot, sequence, frame):
    return struct.pack(">BQQ", DELIVERY, boot, sequence) + frame


def keys_of(path):
    return path.with_suffix(".pub").read_bytes().strip(), path.with_suffix(".key").read_bytes().strip()


class Peer:
    """A DEALER socket of a stranger, or of somebody with a key."""

    def __init__(self, context, lab, keys=None, server=None):
        self.socket = context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, 10_000)
        if keys:
            self.socket.curve_publickey, self.socket.curve_secretkey = keys
            self.socket.curve_serverkey = server or (lab.folder / "keys" / "collector.pub").read_bytes().strip()
        self.socket.connect(f"tcp://{STRANGER}:0;127.0.0.1:{lab.port}")

    def say(self, message):
        self.socket.send(message)

    def ask(self, message):
        """Kind and body of the answer; None: none came."""
        self.say(message)
        try:
            answer = self.socket.recv()
        except zmq.Again:
            return None
        return answer[0], answer[1:]


def refusal(boot, sequence, reason):
    return REFUSAL, struct.pack(">QQB", boot, sequence, reason)


def first_frame(segment):
    """core/record's frame out of a segment of the spool (sensor/spool/segment.h)."""
    data = segment.read_bytes()
    boot, = struct.unpack_from(">Q", data, 8)
    length, _, sequence = struct.unpack_from(">IIQ", data, 24)
    return boot, sequence, data[24 + 40:24 + 40 + length]


def bombs():
    """zstd frames whose content is far larger than a batch may be (RFC 8878, section 3.1.1)."""
    honest = subprocess.run("head -c 1G /dev/zero | zstd -q -1 --no-check", shell=True, capture_output=True, check=True).stdout
    sized = subprocess.run("head -c 8M /dev/zero | zstd -q -1 --no-check --stream-size=8388608", shell=True, capture_output=True,
                           check=True).stdout
    magic = struct.pack("<I", 0xFD2FB528)
    block = struct.pack("<I", (1 << 3 | 1 << 1 | 1) | (128 << 10) << 3)[:3] + b"\0"  # last, RLE, 128 KiB
    yield "content of 1 GiB, not declared", honest[:1_900_000]
    yield "content of 8 MiB, declared", sized
    yield "4 GiB declared", magic + b"\xa0" + struct.pack("<I", 0xFFFFFFFF) + block
    yield "a window of 2 GiB", magic + b"\x00\xa8" + block
    yield "small size declared, more inside", magic + b"\x20\x10" + block
    yield "nothing", b""


def strangers(context, lab, noise):
    """Nobody with a key. Returns sockets to hold."""
    held = [Peer(context, lab), Peer(context, lab, zmq.curve_keypair())]
    held.append(Peer(context, lab, keys_of(lab.folder / "keys" / "sensors" / "edge-1"), zmq.curve_keypair()[0]))
    for peer in held:
        for _ in range(100):
            try:
                peer.socket.send(hello("edge-1", 7), zmq.DONTWAIT)
            except zmq.Again:
                break
    for turn in range(100):
        with socket.create_connection(("127.0.0.1", lab.port), 5, source_address=(STRANGER, 0)) as one:
            # Every other begins as a greeting does (rfc.zeromq.org/spec/23), with CURVE or NULL.
            greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00" + (b"CURVE", b"NULL")[turn // 2 % 2].ljust(20, b"\0") + bytes(32)
            try:
                one.sendall((greeting if turn % 2 else b"") + noise.randbytes(noise.choice((1, 70, 5000))))
            except OSError:
                pass  # it was put out already
    for _ in range(300):
        held.append(socket.create_connection(("127.0.0.1", lab.port), 5, source_address=(HOLDER, 0)))
    return held


def thief(context, lab, segment):
    """Somebody has the key of edge-2: what he can do is edge-2's harm alone."""
    faults = []
    thieves = lambda: Peer(context, lab, keys_of(lab.folder / "keys" / "sensors" / "edge-2"))

    def expect(what, got, wanted):
        if got != wanted:
            faults.append(f"{what}: {got}, not {wanted}")

    peer = thieves()
    expect("another's name", peer.ask(hello("edge-1", 7)), refusal(7, 0, WRONG_NAME))
    # edge-2's first batch again: it is there already.
    boot, sequence, frame = first_frame(segment)
    kind, body = peer.ask(hello("edge-2", boot)) or (None, b"")
    committed = struct.unpack_from(">Q", body, 8)[0] if kind == WELCOME else 0
    if committed < sequence:
        return faults + [f"edge-2's batches were not committed: {kind}, {body}"]
    for _ in range(20):
        kind, body = peer.ask(delivery(boot, sequence, frame)) or (None, b"")
        expect("an old batch", (kind, body[:16]), (ACKNOWLEDGEMENT, struct.pack(">QQ", boot, committed)))
    # The same batch under another boot and number than it was made for.
    peer = thieves()
    expect("a new boot", (peer.ask(hello("edge-2", 99)) or [None])[0], WELCOME)
    expect("an old batch of another boot", peer.ask(delivery(99, 1, frame)), refusal(99, 1, UNREADABLE))
    number = 1
    for what, bomb in bombs():
        number += 1
        expect(what, peer.ask(delivery(99, number, bomb)), refusal(99, number, UNREADABLE))
    for _ in range(20):  # a good frame with bytes that changed on the way
        number += 1
        spoilt = bytearray(frame)
        for _ in range(3):
            spoilt[lab.random.randrange(4, len(spoilt))] ^= 1 << lab.random.randrange(8)
        expect("a spoilt frame", peer.ask(delivery(99, number, bytes(spoilt))), refusal(99, number, UNREADABLE))
    for message in (b"", b"\xff", b"\x01", hello("edge-2", 99, 0), struct.pack(">BQQI", WELCOME, 1, 2, 3), os.urandom(1000)):
        peer.say(message)
    # A message above the limit ends the connection; libzmq makes another.
    peer.say(delivery(99, number + 1, bytes(8 << 20)))
    expect("after a giant", (thieves().ask(hello("edge-2", 99)) or [None])[0], WELCOME)
    return faults


def hostile(lab):
    lab.add_sensor("edge-2")
    mine, others = lab.capture(0, SESSIONS), lab.capture(SESSIONS, 2_000)
    lab.start_collector("undisturbed.db")
    for name, capture in (("edge-1", mine), ("edge-2", others)):
        lab.sense_to_end(lab.configure_sensor(name, spool=None), capture)
    lab.kill(lab.collector, 15)
    expected = lab.sessions("undisturbed.db")

    # edge-2's batches wait in its spool first, where the thief finds them.
    second = lab.configure_sensor("edge-2", spool="spool2")
    sensor = lab.sense(second, others)
    spool = lab.folder / "spool2"
    wait_for("edge-2's spool", lambda: sum(file.stat().st_size for file in spool.glob("*.segment")) > 10_000)
    time.sleep(1)
    lab.kill(sensor)
    segment = lab.folder / "stolen"
    segment.write_bytes(min(spool.glob("*.segment")).read_bytes())
    (lab.folder / "collector.log").unlink()
    lab.start_collector(receive=f"connections: 32, quarantine: {lab.folder}/quarantine, ")
    lab.sense_to_end(second, lab.empty_capture())
    lab.sense_to_end(second, others)

    wire = lab.wire(rate=150_000)
    sensor = lab.sense(lab.configure_sensor(port=wire.port), mine)
    context = zmq.Context()
    held = strangers(context, lab, random.Random(lab.random.random()))
    faults = thief(context, lab, segment)
    during = sensor.poll() is None
    held += strangers(context, lab, random.Random(lab.random.random()))
    wire.rate = 0
    code = sensor.wait(120)
    if code != 0:
        faults.append(f"sensor: exit {code}: {lab.said('sensor.log')[-1000:]}")
    if not during:
        faults.append("the sensor was done before they were: nothing is proved")
    if lab.collector.poll() is not None:
        return faults + [f"the collector ended with {lab.collector.returncode}"]
    status = pathlib.Path(f"/proc/{lab.collector.pid}/status").read_text()
    most = int(status.split("VmHWM:")[1].split()[0])
    descriptors = len(os.listdir(f"/proc/{lab.collector.pid}/fd"))
    kept = list((lab.folder / "quarantine").iterdir())
    print(f"the collector held {most} kB at most, {descriptors} descriptors at the end; {len(kept)} batches in quarantine")
    if most > HEAP_KB:
        faults.append(f"the collector held {most} kB")
    if descriptors > 150:
        faults.append(f"the collector holds {descriptors} descriptors")
    if not kept or any(not file.name.startswith("edge-2-") for file in kept):
        faults.append(f"in quarantine: {[file.name for file in kept][:5]}")
    context.destroy(0)
    return faults + differences(lab.sessions(), expected)


def main():
    seed = int(os.environ.get("SEKIMORI_FAULT_SEED", random.randrange(1 << 30)))
    print(f"seed {seed}")
    with Lab(sys.argv[1], seed) as lab:
        try:
            faults = hostile(lab)
        except AssertionError as error:
            faults = [str(error)]
        if faults:
            for log in ("sensor.log", "collector.log"):
                print(f"-- {log}:\n{lab.said(log)[-3000:]}")
    print(*faults or ["no faults"], sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
