#!/usr/bin/env python3
"""What a sensor does without its collector: signals, and --check-config.

    sensor_alone.py BIN_DIR

SIGTERM ends it although more records wait than it may hold; a second SIGTERM ends it at once; a silent pipe does not hold it;
SIGHUP, which systemd's reload sends, changes nothing. Each time it says what was not delivered.
--check-config reads the keys too: a unit that is reloaded with a bad one would not come back.
"""

import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SESSIONS = 40_000  # two records each: more than the sensor's queue and window hold
AT_ONCE_S = 10  # "at once" on a loaded machine; the patience after one SIGTERM is 20 s
NOT_SHIPPED = 3


def write_capture(path):
    """SYNs from as many addresses: raw IPv4 (LINKTYPE_RAW 101), each a session."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for number in range(SESSIONS):
            client = bytes([100, 64 + (number >> 16), (number >> 8) & 255, number & 255])
            frame = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40, 1, 0, 64, 6, 0, client, bytes([192, 0, 2, 1]))
            frame += struct.pack(">HHIIBBHHH", 50000, 443, 1, 0, 0x50, 2, 65535, 0, 0)
            file.write(struct.pack("<IIII", 1_700_000_000 + number // 1000, number % 1000 * 1000, len(frame), len(frame)) + frame)


def configure(bin_dir, folder):
    for command in (["collector"], ["sensor", "edge-1"]):
        subprocess.run([f"{bin_dir}/sekimori", "keys", *command, "--dir", folder], check=True, capture_output=True)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    (folder / "sensor.yaml").write_text(
        f"observer: edge-1\nship: {{collector: 'tcp://127.0.0.1:{port}', collector_key: collector.pub, key: edge-1.key}}\n")


def ends(bin_dir, folder, capture, signals):
    """Sends each signal a second after the one before; the exit code, what was said, and the time since the last one."""
    sensor = subprocess.Popen([f"{bin_dir}/sekimori-sensor", "--config", folder / "sensor.yaml", capture],
                              stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        for one in signals:
            time.sleep(2)  # there is no sign from outside that it reads or waits
            sensor.send_signal(one)
        began = time.monotonic()
        code = sensor.wait(60)
        return code, sensor.stderr.read(), time.monotonic() - began
    except subprocess.TimeoutExpired:
        return "still running", "", 60.0
    finally:
        sensor.kill()
        sensor.wait()


def check_config_without(bin_dir, folder, key):
    command = [f"{bin_dir}/sekimori-sensor", "--config", folder / "sensor.yaml", "--check-config"]
    good = subprocess.run(command, capture_output=True, text=True, timeout=60)
    whole = (folder / key).read_bytes()
    (folder / key).write_text("no key\n")
    bad = subprocess.run(command, capture_output=True, text=True, timeout=60)
    (folder / key).write_bytes(whole)
    if good.returncode == 0 and bad.returncode == 1 and key in bad.stderr:
        return []
    return [f"--check-config with a bad {key}: exit {good.returncode}, then {bad.returncode}: {good.stderr!r} {bad.stderr!r}"]


def main():
    faults = []
    bin_dir = sys.argv[1]
    hang_up, stop = signal.SIGHUP, signal.SIGTERM
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o700)
        configure(bin_dir, folder)
        write_capture(folder / "many.pcap")
        for what, capture, signals, code, said, limit in (
                ("SIGTERM with a full queue", folder / "many.pcap", [stop], NOT_SHIPPED, "did not acknowledge everything", 45),
                ("a second SIGTERM", folder / "many.pcap", [hang_up, stop, stop], NOT_SHIPPED, "did not acknowledge everything", AT_ONCE_S),
                ("SIGTERM with a silent pipe", "-", [hang_up, stop], 0, "0 of 0 records", AT_ONCE_S)):
            got, text, seconds = ends(bin_dir, folder, capture, signals)
            if got != code or said not in text or seconds > limit:
                faults.append(f"{what}: exit {got} after {seconds:.1f} s: {text!r}")
        for key in ("collector.pub", "edge-1.key"):
            faults += check_config_without(bin_dir, folder, key)
    print(f"{len(faults)} faults")
    for fault in faults:
        print("  " + fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
