#!/usr/bin/env python3
"""Both daemons' /metrics, scraped from outside and read by Prometheus' own parser.

    metrics.py BUILD_DIR

    fault_lab capture -> sekimori-sensor --metrics--> scrape      The numbers must be those of the capture and of the store,
                      -> sekimori-collector --metrics--> scrape   and strangers must not keep a scrape from its answer.
"""

import pathlib
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "fault"))
from fault_lab import ROOT, Lab, free_port, wait_for  # noqa: E402

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    print("skip: python3-prometheus-client is not installed")
    sys.exit(77)

SESSIONS = 20_000  # a millisecond each: longer than a closed session is remembered
NAME = re.compile(r"sekimori_(sensor|collector)_[a-z0-9_]+\Z")


def request(port, path="/metrics", method="GET", patience=15):
    one = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    try:
        with urllib.request.urlopen(one, timeout=patience) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def scrape(port):
    """{(name, ((label, value), ...)): number}; every family must have its HELP and TYPE and a name as conventions want it."""
    status, headers, text = request(port)
    assert status == 200, f"{status}: {text[:200]}"
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8", headers["Content-Type"]
    numbers, seen = {}, set()
    for family in text_string_to_metric_families(text):
        assert family.documentation and family.type in ("counter", "gauge"), f"{family.name} has no HELP or TYPE"
        assert family.name not in seen, f"{family.name} stands twice"
        seen.add(family.name)
        for sample in family.samples:
            assert NAME.match(sample.name), sample.name
            # The parser takes _total off a counter's family.
            assert (family.type == "counter") == sample.name.endswith("_total"), f"{sample.name} is a {family.type}"
            key = sample.name, tuple(sorted(sample.labels.items()))
            assert key not in numbers, f"{key} stands twice"
            numbers[key] = sample.value
    return numbers


def number(numbers, name, **labels):
    return numbers[name, tuple(sorted(labels.items()))]


def wants(faults, numbers, expected):
    for (name, *labels), value in expected.items():
        got = numbers.get((name, tuple(labels)))
        if got != value:
            faults.append(f"{name}{labels} is {got}, not {value}")


def scenario(lab, faults):
    ports = free_port(), free_port()
    lab.start_collector(more=f"metrics: {{listen: '127.0.0.1:{ports[1]}'}}")
    config = lab.configure_sensor(more=f"metrics: {{listen: '127.0.0.1:{ports[0]}'}}\nrules: {ROOT}/signatures\n"
                                       f"regions: {ROOT}/config/regions.yaml")
    # A pipe that stays open: the sensor lives on with everything counted.
    capture = lab.capture(0, SESSIONS).read_bytes()
    sensor = subprocess.Popen([lab.bin / "sekimori-sensor", "--config", config, "-"], stdin=subprocess.PIPE,
                              stderr=open(lab.folder / "sensor.log", "a"))
    lab.started.append(sensor)
    sensor.stdin.write(capture)
    sensor.stdin.flush()
    frames = SESSIONS * 4 // 1024 * 1024  # what a reader of files tells of
    wait_for("the sensor's frames", lambda: scrape(ports[0]).get(("sekimori_sensor_frames_total", ()), 0) >= frames)
    wait_for("records at the collector", lambda: number(scrape(ports[1]), "sekimori_collector_records_committed_total") > 0)
    sensor_numbers = scrape(ports[0])
    if number(sensor_numbers, "sekimori_sensor_packets_total") < frames:
        faults.append("the sensor counts fewer packets than frames")
    # No session of that capture has a hello, so what asks for one cannot be decided.
    if not any(name == "sekimori_sensor_rule_undecided_total" and ("field", "tls.client.ja4") in labels for name, labels in sensor_numbers):
        faults.append("no rule stayed undecided for want of tls.client.ja4")
    hostile(ports[0], "sensor", faults)
    hostile(ports[1], "collector", faults)
    sensor.stdin.close()
    assert sensor.wait(120) == 0, lab.said("sensor.log")
    rows = lab.rows("SELECT count(*) FROM sessions")[0][0]
    said = re.search(r"(\d+) of (\d+) records acknowledged", lab.said("sensor.log"))
    collector = wait_for("the judging of all", lambda: (lambda now: now if number(
        now, "sekimori_collector_sessions_total") == rows else None)(scrape(ports[1])))
    wants(faults, collector, {
        ("sekimori_collector_records_committed_total",): float(said[1]),
        ("sekimori_collector_sensor_records_total", ("sensor", "edge-1")): float(said[1]),
        ("sekimori_collector_batches_repeated_total",): 0.0,
        ("sekimori_collector_waiting_sessions",): 0.0,
        ("sekimori_collector_store_failing",): 0.0})
    if rows != SESSIONS:
        faults.append(f"{rows} sessions in the store, not {SESSIONS}")
    if number(collector, "sekimori_collector_store_bytes") < (lab.folder / "store.db").stat().st_size // 2:
        faults.append("the store's size is not told")
    down(lab, ports, capture, faults)
    again(lab, ports[1], faults)


def down(lab, ports, capture, faults):
    """While the collector is away, the spool's depth and age grow, and show."""
    lab.kill(lab.collector)
    sensor = subprocess.Popen([lab.bin / "sekimori-sensor", "--config", lab.folder / "edge-1.yaml", "-"], stdin=subprocess.PIPE,
                              stderr=open(lab.folder / "sensor2.log", "a"))
    lab.started.append(sensor)
    sensor.stdin.write(capture)
    sensor.stdin.flush()
    first = wait_for("a spool that fills", lambda: (lambda now: now if number(now, "sekimori_sensor_spool_bytes") > 0 else None)(scrape(ports[0])))
    if number(first, "sekimori_sensor_records_acknowledged_total") != 0:
        faults.append("records were acknowledged by nobody")
    wait_for("an age of what waits", lambda: number(scrape(ports[0]), "sekimori_sensor_spool_segments") >= 1)
    lab.kill(sensor)


def again(lab, port, faults):
    """A collector that cannot have its port says so and does not start."""
    with socket.create_server(("127.0.0.1", port)):
        process = lab.start("sekimori-collector", "--config", lab.folder / "collector.yaml", log="second.log")
        if process.wait(60) != 1 or f"cannot serve metrics on 127.0.0.1:{port}" not in lab.said("second.log"):
            faults.append(f"a taken port: {lab.said('second.log')}")


def hostile(port, who, faults):
    for path, method, status in (("/", "GET", 404), ("/metrics/x", "GET", 404), ("/metrics", "POST", 405), ("/metrics", "HEAD", 200)):
        got = request(port, path, method)[0]
        if got != status:
            faults.append(f"{who}: {method} {path}: {got}, not {status}")
    for garbage in (b"\0" * 100, b"GET /metrics\r\n\r\n", b"GET " + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
                    b"GET /metrics HTTP/1.1\r\n" + b"x: y\r\n" * 50_000, b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), 10) as one:
            try:
                one.sendall(garbage)
                one.settimeout(10)
                answer = one.recv(4096)
                if b" 200 " in answer.split(b"\r\n")[0]:
                    faults.append(f"{who}: {garbage[:20]} got {answer[:60]}")
            except (ConnectionError, BrokenPipeError):
                pass
            except TimeoutError:
                faults.append(f"{who}: {garbage[:20]} keeps its connection")
    crowd(port, who, faults)


def crowd(port, who, faults):
    """A hundred connections that say nothing, or a byte now and then: a scrape within Prometheus' own 10 s is answered."""
    sockets, ended = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(100)], threading.Event()

    def trickle():
        while not ended.is_set():
            for one in sockets[::2]:
                try:
                    one.send(b"G")
                except OSError:
                    pass
            ended.wait(0.3)

    thread = threading.Thread(target=trickle)
    thread.start()
    began = time.monotonic()
    try:
        request(port, patience=30)
        took = time.monotonic() - began
        if took > 25:
            faults.append(f"{who}: a scrape took {took:.1f} s beside 100 silent connections")
        print(f"{who}: a scrape beside 100 silent connections took {took:.1f} s")
    except OSError as error:
        faults.append(f"{who}: no scrape beside 100 silent connections: {error}")
    finally:
        ended.set()
        thread.join()
        for one in sockets:
            one.close()


def main():
    faults = []
    with Lab(sys.argv[1], seed=1) as lab:
        try:
            scenario(lab, faults)
        except AssertionError as error:
            faults.append(str(error))
            for log in lab.folder.glob("*.log"):
                print(f"{log.name}: {log.read_text()[-1500:]}")
    print(f"{len(faults)} faults")
    for fault in faults:
        print("  " + fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
