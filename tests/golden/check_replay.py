#!/usr/bin/env python3
"""Compares `sekimori replay` with facts.tsv of every golden case and of the demo, which tshark wrote.

    check_replay.py SEKIMORI

Besides, where a PROXY header was put in front of a stream, the client is whom it names with `path: l4`, and who sent it without.
A field that tshark could not know is not compared; a time may differ by one microsecond, because both round. Besides, every
answer must be the same with two workers, and the same again.
"""

import csv
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TIMES = {"client_rtt_us": "sekimori.timing.client_rtt_us", "server_rtt_us": "sekimori.timing.server_rtt_us"}
TEXTS = {
    "transport": "network.transport", "client": "client.ip", "client_port": "client.port", "server": "server.ip",
    "server_port": "server.port", "vlan": "network.vlan.id", "ttl": "sekimori.tcp.ttl", "window": "sekimori.tcp.window",
    "mss": "sekimori.tcp.mss", "window_scale": "sekimori.tcp.window_scale", "options": "sekimori.tcp.options",
    "sni": "tls.client.server_name", "ja3": "tls.client.ja3", "ja3s": "tls.server.ja3s",
}
VERSIONS = {"0x0301": "1.0", "0x0302": "1.1", "0x0303": "1.2", "0x0304": "1.3", "0xfeff": "1.0", "0xfefd": "1.2"}
# Whom the headers of make_captures.py name.
NAMED = {"proxy_protocol_v1": ("203.0.113.77", 40123), "proxy_protocol_v2": ("2001:db8:77::9", 40123)}
# Said of a SYN alone.
NOT_IN_UDP = {"ttl"}


def dig(record, path):
    for part in path.split("."):
        if not isinstance(record, dict) or part not in record:
            return None
        record = record[part]
    return record


def replay(sekimori, capture, *more):
    done = subprocess.run([sekimori, "replay", "--sessions", "-", *more, capture], capture_output=True, timeout=60)
    if done.returncode != 0:
        sys.exit(f"{capture}: exit {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def start_us(record):
    text = dig(record, "event.start")
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (moment - epoch) // datetime.timedelta(microseconds=1)


def faults_of(row, record):
    """What tshark knows of this connection and the record says otherwise."""
    is_udp = row["transport"] == "udp"
    for column, field in TEXTS.items():
        if row[column] == "" or (is_udp and column in NOT_IN_UDP):
            continue
        got = dig(record, field)
        if str(got) != row[column]:
            yield f"{field} is {got}, tshark says {row[column]}"
    for column, field in TIMES.items():
        got = dig(record, field)
        if (got is None) != (row[column] == ""):
            yield f"{field} is {got}, by tshark's packets {row[column] or 'not to be known'}"
        elif got is not None and abs(got - int(row[column])) > 1:
            yield f"{field} is {got}, tshark says {row[column]}"
    if row["alpn"] and ",".join(dig(record, "tls.client.alpn") or []) != row["alpn"]:
        yield f"tls.client.alpn is {dig(record, 'tls.client.alpn')}, tshark says {row['alpn']}"
    if row["tls_version"] and dig(record, "tls.version") != VERSIONS[row["tls_version"]]:
        yield f"tls.version is {dig(record, 'tls.version')}, tshark says {row['tls_version']}"
    if not row["ja3"] and dig(record, "tls.client.ja4"):
        yield "a fingerprint where tshark sees no hello"


def check(sekimori, capture, facts):
    lines = replay(sekimori, capture)
    for more in ([], ["--workers", "2"], ["--workers", "5"]):
        if replay(sekimori, capture, *more) != lines:
            yield f"another answer {' '.join(more) or 'the second time'}"
    records = [json.loads(line) for line in lines.splitlines()]
    by_ends = {}
    for record in records:
        ends = tuple(str(dig(record, TEXTS[c])) for c in ("transport", "client", "client_port", "server", "server_port"))
        by_ends.setdefault(ends, []).append(record)
    with open(facts, newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    for row in rows:
        ends = tuple(row[c] for c in ("transport", "client", "client_port", "server", "server_port"))
        found = [r for r in by_ends.get(ends, []) if start_us(r) == int(row["first_packet_us"])]
        if len(found) != 1:
            yield f"{ends}: {len(found)} records begin at {row['first_packet_us']} us"
            continue
        yield from (f"{ends}: {fault}" for fault in faults_of(row, found[0]))
    if len(rows) != len(records):
        yield f"{len(records)} records for {len(rows)} connections"


def check_named(sekimori, capture, named):
    """With a load balancer declared, the same record but for the client: that is the header's, and the peer is the proxy."""
    (bare,) = (json.loads(line) for line in replay(sekimori, capture).splitlines())
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write("sensor:\n  observer: replay\n  path: l4\n"
                     f"  rules: {ROOT}/signatures\n  regions: {ROOT}/config/regions.yaml\n")  # as without a configuration
        config.flush()
        (record,) = (json.loads(line) for line in replay(sekimori, capture, "--config", config.name).splitlines())
    peer = bare["client"]["ip"], bare["client"]["port"]
    expected = json.loads(json.dumps(bare))
    expected["client"]["ip"], expected["client"]["port"] = named
    expected["sekimori"]["path"] = "l4"
    expected["sekimori"]["proxy"] = {"ip": peer[0], "port": peer[1]}
    if record != expected:
        yield f"with a load balancer declared: {json.dumps(record)}"
    if "proxy" in bare["sekimori"] or dig(bare, "sekimori.timing.hello_delay_us") is not None:
        yield f"without one: {json.dumps(bare)}"


def main():
    sekimori = sys.argv[1]
    cases = [(next(case.glob("capture.*")), case / "facts.tsv") for case in sorted(HERE.iterdir()) if case.is_dir()]
    cases.append((HERE.parent / "demo/demo.pcap", HERE.parent / "demo/expected_tshark.tsv"))
    faults = [f"{capture.parent.name}: {fault}" for capture, facts in cases for fault in check(sekimori, capture, facts)]
    for name, named in NAMED.items():
        faults += [f"{name}: {fault}" for fault in check_named(sekimori, HERE / name / "capture.pcap", named)]
    print(f"{len(cases)} captures, {len(faults)} faults")
    for fault in faults:
        print("  " + fault)
    return 1 if faults or len(cases) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
