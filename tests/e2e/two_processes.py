#!/usr/bin/env python3
"""The two daemons over loopback: a real sensor reads the demo capture, a real collector is told the claims by HTTP.

    two_processes.py BIN_DIR

    demo.pcap -> sekimori-sensor --(ZeroMQ, CURVE)--> sekimori-collector <--(HTTP, token)-- claims
                                                              |
                                                       GET /v1/verdicts

The scenario is moved to the last half hour, because a collector remembers no older time. Its answers must be those that a
person expects (tests/demo/expected_verdicts.tsv), the same after the collector was killed with SIGKILL and started again, and
not doubled when the sensor sends everything twice.
"""

import csv
import datetime
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEMO = ROOT / "tests/demo"
LATE_ACCOUNT = "w-1402"  # its claim says that it was received hours later
PATIENCE_S = 90  # for anything that is waited for: a loaded machine is slow, not wrong


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def moved_capture(path):
    """demo.pcap with its last packet a few seconds ago; returns the shift in whole seconds."""
    data = bytearray((DEMO / "demo.pcap").read_bytes())
    assert data[:4] == b"\xd4\xc3\xb2\xa1", "demo.pcap is no longer a little-endian microsecond pcap"
    at, last, places = 24, 0, []
    while at < len(data):
        seconds, _, captured, _ = struct.unpack_from("<IIII", data, at)
        places.append((at, seconds))
        last = max(last, seconds)
        at += 16 + captured
    shift = int(time.time()) - 5 - last
    for at, seconds in places:
        struct.pack_into("<I", data, at, seconds + shift)
    path.write_bytes(data)
    return shift


def moved_claims(shift):
    def later(text):
        moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) + datetime.timedelta(seconds=shift)
        return moment.isoformat().replace("+00:00", "Z")

    for line in (DEMO / "claims.ndjson").read_text().splitlines():
        claim = json.loads(line)
        was = claim["time"][11:19]
        for name in ("time", "received"):
            claim[name] = later(claim[name])
        if claim["account"] != LATE_ACCOUNT:
            del claim["received"]  # then it is the moment of the request, as for a real platform
        if "travel" in claim:
            claim["travel"]["until"] = later(claim["travel"]["until"])
        yield claim, was


class Lab:
    def __init__(self, bin_dir, folder):
        self.bin = pathlib.Path(bin_dir)
        self.folder = pathlib.Path(folder)
        self.zmq, self.http = free_port(), free_port()
        self.collector = None
        self.write_keys()
        self.write_configuration()

    def run(self, *command, **more):
        return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=PATIENCE_S, **more)

    def write_keys(self):
        keys = self.folder / "keys"
        (keys / "sensors").mkdir(parents=True)
        for command in (["collector", "--dir", keys], ["sensor", "edge-tokyo", "--dir", keys / "sensors"], ["token", keys / "api.token"]):
            done = self.run(self.bin / "sekimori", "keys", *command)
            assert done.returncode == 0, done.stderr
        self.token = (keys / "api.token").read_text().strip()

    def write_configuration(self):
        folder, geo = self.folder, ROOT / "tests/geo"
        # Ours, whoever owns the checkout: a daemon takes no stranger's rules.
        shutil.copytree(ROOT / "signatures", folder / "signatures")
        shutil.copy(ROOT / "config/regions.yaml", folder)
        (folder / "sensor.yaml").write_text(f"""
observer: edge-tokyo
path: direct
inside_networks: [153.127.30.0/24, "2403:3a00:101::/64"]
databases: [{geo}/country.mmdb, {geo}/as.mmdb]
ship: {{collector: "tcp://127.0.0.1:{self.zmq}", collector_key: keys/collector.pub, key: keys/sensors/edge-tokyo.key}}
""")
        (folder / "collector.yaml").write_text(f"""
receive: {{listen: "tcp://127.0.0.1:{self.zmq}", key: keys/collector.key, sensors: keys/sensors}}
http: {{listen: "127.0.0.1:{self.http}", token: keys/api.token}}
store: {{path: store.db}}
join: {{patience: 15s}}
site: {{lat: 35.68, lon: 139.77}}
rules: signatures
regions: regions.yaml
country_shapes: {ROOT}/config/country_shapes.tsv
""")

    def start_collector(self):
        log = open(self.folder / "collector.log", "a")
        self.collector = subprocess.Popen([self.bin / "sekimori-collector", "--config", self.folder / "collector.yaml"], stderr=log)
        self.wait_for("the collector to listen", lambda: self.ask("/healthz")[0] == 200)

    def sense(self):
        done = self.run(self.bin / "sekimori-sensor", "--config", self.folder / "sensor.yaml", self.folder / "moved.pcap")
        assert done.returncode == 0, f"sensor: exit {done.returncode}: {done.stderr}"

    def ask(self, path, body=None, token=None):
        headers = {"Content-Type": "application/x-ndjson"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except (urllib.error.URLError, ConnectionError):
            return 0, b""

    def verdicts(self):
        status, body = self.ask("/v1/verdicts?limit=1000", token=self.token)
        assert status == 200, f"GET /v1/verdicts: {status} {body[:200]}"
        text = body.decode()
        lines = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
        return {line["claim"]["id"]: line for line in lines}, len(lines)

    def wait_for(self, what, holds, why=str):
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert self.collector.poll() is None, f"the collector ended with {self.collector.returncode}"
            assert time.monotonic() < deadline, f"waited {PATIENCE_S} s for {what}{why()}"
            time.sleep(0.1)

    def stop(self, how):
        self.collector.send_signal(how)
        return self.collector.wait(PATIENCE_S)


def compare(lab, told):
    with open(DEMO / "expected_verdicts.tsv", newline="") as file:
        expected = {(row["account"], row["time"]): row for row in csv.DictReader(file, delimiter="\t")}
    verdicts, count = lab.verdicts()
    faults = [] if count == len(expected) else [f"{count} verdicts for {len(expected)} claims"]
    for verdict in verdicts.values():
        claim = verdict["claim"]
        want = expected[(claim["account"], told[(claim["account"], claim["time"][:19])])]
        got = {
            "outcome": verdict["join"]["outcome"], "mismatch": verdict["mismatch"],
            "findings": ",".join(sorted({finding["name"] for finding in verdict["findings"]})),
        }
        faults += [f"{claim['account']} {want['time']}: {key} is {got[key]}, not {want[key]}" for key in got if got[key] != want[key]]
    return faults


def scenario(lab):
    claims = list(moved_claims(moved_capture(lab.folder / "moved.pcap")))
    told = {(claim["account"], claim["time"][:19]): was for claim, was in claims}
    lab.start_collector()
    lines = "".join(json.dumps(claim) + "\n" for claim, _ in claims).encode()
    assert lab.ask("/v1/claims", lines)[0] == 401, "claims without a token were not refused"
    assert lab.ask("/v1/claims", lines, "wrong")[0] == 401, "claims with a wrong token were not refused"
    # The newest claim comes before its session, and waits for it; the others find theirs.
    newest = max(claims, key=lambda claim: claim[0]["time"])[0]
    status, body = lab.ask("/v1/claims", json.dumps(newest).encode(), lab.token)
    assert status == 200, f"{status}: {body[:300]}"
    lab.sense()
    status, body = lab.ask("/v1/claims", lines + b'{"account":"no time"}\n', lab.token)
    answer = json.loads(body)
    assert status == 207 and len(answer["refused"]) == 1, f"{status}: {body[:300]}"
    lab.wait_for("the expected verdicts", lambda: not compare(lab, told), lambda: f": {compare(lab, told)}")

    lab.stop(signal.SIGKILL)
    lab.start_collector()
    faults = [f"after SIGKILL: {fault}" for fault in compare(lab, told)]
    lab.sense()
    lab.ask("/v1/claims", lines, lab.token)
    time.sleep(2)  # a doubled verdict would have to come now: there is no condition for what must not happen
    faults += [f"told twice: {fault}" for fault in compare(lab, told)]
    code = lab.stop(signal.SIGTERM)
    if code != 0:
        faults.append(f"the collector ended with {code} on SIGTERM")
    return faults


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o700)
        lab = Lab(sys.argv[1], folder)
        try:
            faults = scenario(lab)
        except AssertionError as error:
            faults = [str(error)]
        finally:
            if lab.collector and lab.collector.poll() is None:
                lab.collector.kill()
                lab.collector.wait()
        if faults:
            print((lab.folder / "collector.log").read_text())
    print(f"{len(faults)} faults")
    for fault in faults:
        print("  " + fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
