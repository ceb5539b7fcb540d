"""What tshark says of a capture, one row for each TCP or UDP stream: the independent witness of the tests.

Only the grouping and the two handshake times are computed here; every other value is a field of tshark's.
"""

import collections
import csv
import io
import shutil
import subprocess
import sys

FRAME_FIELDS = [
    "frame.time_epoch", "frame.len", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "ip.ttl", "ipv6.hlim",
    "ip.checksum.status", "tcp.checksum.status", "udp.checksum.status", "tcp.stream", "udp.stream",
    "tcp.srcport", "udp.srcport", "tcp.dstport", "udp.dstport", "tcp.flags.syn", "tcp.flags.ack",
    "tcp.window_size_value", "tcp.options.mss_val", "tcp.options.wscale.shift", "tcp.option_kind",
    "tcp.analysis.initial_rtt", "ieee8021ad.id", "vlan.id", "tls.handshake.type",
    "tls.handshake.extensions_server_name", "tls.handshake.extensions_alpn_str", "tls.handshake.ja3",
    "tls.handshake.ja3s", "tls.handshake.version", "tls.handshake.extensions.supported_version",
]  # fmt: skip

# tshark names the same fields once more for DTLS; here they have one name.
TLS_FIELDS = [field for field in FRAME_FIELDS if field.startswith("tls.")]

COLUMNS = [
    "transport", "client", "client_port", "server", "server_port", "first_packet_us", "client_rtt_us",
    "server_rtt_us", "initial_rtt_us", "vlan", "ttl", "window", "mss", "window_scale", "options", "sni",
    "alpn", "ja3", "ja3s", "tls_version",
]  # fmt: skip

PREFERENCES = [
    "ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE",
    "tcp.reassemble_out_of_order:TRUE",
]  # fmt: skip

SKIPPED = 77


def need_tshark(what):
    """Ends the test as skipped where there is no witness to ask."""
    if not shutil.which("tshark"):
        print(f"skip: tshark is not installed, {what} not checked")
        sys.exit(SKIPPED)


def read_frames(capture):
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a"]
    for preference in PREFERENCES:
        command += ["-o", preference]
    fields = FRAME_FIELDS + [f"d{field}" for field in TLS_FIELDS]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"tshark: {done.stderr}")
    rows = [dict(zip(fields, line.split("\t"))) for line in done.stdout.splitlines()]
    for row in rows:
        for field in TLS_FIELDS:
            row[field] = row[field] or row.pop(f"d{field}")
    rows = [row for row in rows if row["frame.time_epoch"]]  # tshark also lists some pcapng blocks that are no frame
    for row in rows:
        keep_innermost(row)
    return rows


def keep_innermost(row):
    """Of packets in a tunnel the innermost one's addresses and times to live: the others are the tunnel's."""
    layers = [layer for layer in row["frame.protocols"].split(":") if layer in ("ip", "ipv6")]
    if len(layers) < 2:
        return
    for layer, fields in (("ip", ("ip.src", "ip.dst", "ip.ttl")), ("ipv6", ("ipv6.src", "ipv6.dst", "ipv6.hlim"))):
        for field in fields:
            row[field] = row[field].split(",")[-1] if layer == layers[-1] else ""


def microseconds(epoch):
    seconds, _, fraction = epoch.partition(".")
    return int(seconds) * 1_000_000 + int((fraction + "000000")[:6])


def is_on(flag):
    return flag in ("1", "True")


def is_syn(frame):
    return is_on(frame["tcp.flags.syn"]) and not is_on(frame["tcp.flags.ack"])


def is_syn_ack(frame):
    return is_on(frame["tcp.flags.syn"]) and is_on(frame["tcp.flags.ack"])


def has_handshake(frame, kind):
    return str(kind) in frame["tls.handshake.type"].split(",")


def source(frame):
    return frame["ip.src"] or frame["ipv6.src"], frame["tcp.srcport"] or frame["udp.srcport"]


def destination(frame):
    return frame["ip.dst"] or frame["ipv6.dst"], frame["tcp.dstport"] or frame["udp.dstport"]


def find_client(frames):
    """Who sent a SYN, else who received a SYN-ACK, else who sent a ClientHello, else who spoke first."""
    for sent_by_client, end in (
        (is_syn, source),
        (is_syn_ack, destination),
        (lambda frame: has_handshake(frame, 1), source),
    ):
        for frame in frames:
            if sent_by_client(frame):
                return end(frame)
    return source(frames[0])


def summarize(transport, frames):
    client = find_client(frames)
    from_client = [frame for frame in frames if source(frame) == client]
    row = dict.fromkeys(COLUMNS, "")
    row["transport"] = transport
    row["client"], row["client_port"] = client
    row["server"], row["server_port"] = destination(from_client[0])
    row["first_packet_us"] = str(microseconds(frames[0]["frame.time_epoch"]))
    row["vlan"] = frames[0]["ieee8021ad.id"] or frames[0]["vlan.id"].split(",")[0]
    if transport == "udp":
        row["ttl"] = hop_limit(from_client[0])
    syn = next((frame for frame in frames if is_syn(frame)), None)
    if syn:
        row["ttl"] = hop_limit(syn)
        row["window"] = syn["tcp.window_size_value"]
        row["mss"] = syn["tcp.options.mss_val"]
        row["window_scale"] = syn["tcp.options.wscale.shift"]
        row["options"] = syn["tcp.option_kind"].replace(",", "-")
    add_handshake_times(row, frames, client)
    add_hellos(row, frames)
    return row


def hop_limit(frame):
    return frame["ip.ttl"] or frame["ipv6.hlim"]


def add_handshake_times(row, frames, client):
    """Left empty where a repeated packet makes a time doubtful (Karn's rule)."""
    at = [microseconds(frame["frame.time_epoch"]) for frame in frames]
    syns = [i for i, frame in enumerate(frames) if is_syn(frame)]
    syn_acks = [i for i, frame in enumerate(frames) if is_syn_ack(frame)]
    if len(syns) == 1 and len(syn_acks) == 1:
        row["server_rtt_us"] = str(at[syn_acks[0]] - at[syns[0]])
    if len(syn_acks) == 1:
        acks = [i for i, frame in enumerate(frames) if i > syn_acks[0] and source(frame) == client]
        if acks:
            row["client_rtt_us"] = str(at[acks[0]] - at[syn_acks[0]])
    tshark_says = next((f["tcp.analysis.initial_rtt"] for f in frames if f["tcp.analysis.initial_rtt"]), "")
    row["initial_rtt_us"] = str(round(float(tshark_says) * 1e6)) if tshark_says else ""


def add_hellos(row, frames):
    """A hello's first fragment has its type, and the frame that completes it what it says."""
    client_hello = next((frame for frame in frames if has_handshake(frame, 1) and frame["tls.handshake.ja3"]), None)
    if client_hello:
        row["sni"] = client_hello["tls.handshake.extensions_server_name"]
        row["alpn"] = client_hello["tls.handshake.extensions_alpn_str"]
        row["ja3"] = client_hello["tls.handshake.ja3"]
    server_hello = next((frame for frame in frames if has_handshake(frame, 2) and frame["tls.handshake.ja3s"]), None)
    if server_hello:
        row["ja3s"] = server_hello["tls.handshake.ja3s"]
        chosen = server_hello["tls.handshake.extensions.supported_version"]  # TLS 1.3
        row["tls_version"] = (chosen or server_hello["tls.handshake.version"]).split(",")[0]


def streams_of(frames):
    by_stream = collections.defaultdict(list)
    for frame in frames:
        transport = "tcp" if frame["tcp.stream"] else "udp"
        stream = frame["tcp.stream"] or frame["udp.stream"]
        if stream:  # a fragment has none: its packet counts where its last one came
            by_stream[transport, stream].append(frame)
    return [summarize(transport, own) for (transport, _), own in by_stream.items()]


def as_table(streams):
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(streams)
    return text.getvalue()
