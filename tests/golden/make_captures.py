#!/usr/bin/env python3
"""Makes the captures of tests/golden/ from sessions of the demo capture, by rewriting their bytes.

usage: make_captures.py            writes <case>/capture.* and <case>/README.md
       make_captures.py --check    fails where a committed file is not what this program makes

`facts.tsv` of a case comes from tshark: see check_facts.py.
"""

import argparse
import gzip
import itertools
import pathlib
import struct
import sys

sys.dont_write_bytecode = True  # a test leaves nothing in the source tree

import packets as p  # noqa: E402
import link_cases  # noqa: E402, F401
import proxy_cases  # noqa: E402, F401
import tunnel_cases  # noqa: E402, F401
from cases import CASES, case  # noqa: E402
from sessions import (  # noqa: E402
    DESTINATION,
    FRAGMENT,
    HOP_BY_HOP,
    MILLISECOND,
    ROUTING,
    TCP,
    as_records,
    from_client,
    hello_of,
    in_order,
    load_sessions,
    on_ethernet,
    on_link,
    padding_options,
    send_hello_as,
    with_extensions,
)

HERE = pathlib.Path(__file__).resolve().parent


def as_recorded(name, session, visit, proves):
    @case(name, proves, f"as recorded: visit {visit}")
    def _(s):
        return "capture.pcap", p.pcap(on_ethernet(s[session]), p.ETHERNET)


as_recorded("tls13_curl", "curl", "w-1322-1, curl", "a hello in one segment, TLS 1.3, IPv4")
as_recorded("tls13_chromium", "chromium", "w-1041-1, Chromium", "a hello in two segments, with GREASE")
as_recorded("tls12_openssl", "tls12", "w-1467-1, `openssl s_client -tls1_2`", "TLS 1.2, and no ALPN")
as_recorded("quic_chromium", "quic", "w-1481-1, Chromium", "QUIC version 1: the hello lies in Initial packets")
as_recorded("tls13_ipv6", "firefox6", "w-1370-1, Firefox", "IPv6 without extension headers")


@case(
    "vlan",
    "one 802.1Q tag",
    "tag 110 put into every frame of the curl session",
)
def _(s):
    return "capture.pcap", p.pcap(on_ethernet(s["curl"], lambda _: [(0x8100, 110)]), p.ETHERNET)


@case(
    "vlan_qinq",
    "two tags, 802.1ad outside and 802.1Q inside; the outer one is the session's VLAN",
    "tags 200 and 110 put into every frame of the Chromium session",
)
def _(s):
    frames = on_ethernet(s["chromium"], lambda _: [(0x88A8, 200), (0x8100, 110)])
    return "capture.pcap", p.pcap(frames, p.ETHERNET)


@case(
    "vlan_by_direction",
    "a mirror that tags the directions differently still shows one session",
    "tag 101 towards the server and 102 towards the client, in the curl session",
)
def _(s):
    frames = on_ethernet(s["curl"], lambda packet: [(0x8100, 101 if from_client(packet) else 102)])
    return "capture.pcap", p.pcap(frames, p.ETHERNET)


@case(
    "link_trailer",
    "bytes after the IP packet (here 4, as a kept frame check sequence) belong to "
    "nobody's payload",
    "4 bytes appended to every frame of the curl session",
)
def _(s):
    frames = [(time, frame + b"\xde\xad\xbe\xef") for time, frame in on_ethernet(s["curl"])]
    return "capture.pcap", p.pcap(frames, p.ETHERNET)


@case(
    "linux_cooked_v1",
    "LINKTYPE_LINUX_SLL (113), both address families",
    "the curl and the IPv6 session under cooked headers, as `tcpdump -i any` wrote them"
    " before 4.99",
)
def _(s):
    return "capture.pcap", p.pcap(on_link(s["curl"] + s["firefox6"], p.cooked_v1), p.LINUX_SLL)


@case(
    "linux_cooked_v2",
    "LINKTYPE_LINUX_SLL2 (276), both address families",
    "the curl and the IPv6 session under cooked headers, as `tcpdump -i any` writes "
    "them now",
)
def _(s):
    return "capture.pcap", p.pcap(on_link(s["curl"] + s["firefox6"], p.cooked_v2), p.LINUX_SLL2)


@case(
    "raw_ip",
    "LINKTYPE_RAW (101): the version nibble alone tells the families apart",
    "the curl and the IPv6 session without any link header",
)
def _(s):
    return "capture.pcap", p.pcap(on_link(s["curl"] + s["firefox6"], lambda ip, _: ip), p.RAW)


@case(
    "null_loopback",
    "LINKTYPE_NULL (0), written on a little-endian machine; IPv6 has the family numbers"
    " 24, 28 and 30 of the BSDs and macOS",
    "the curl and the IPv6 session; the three numbers take turns",
)
def _(s):
    families = itertools.cycle([24, 28, 30])
    frames = on_link(s["curl"] + s["firefox6"], lambda ip, _: p.null_header(ip, "<", next(families)))
    return "capture.pcap", p.pcap(frames, p.NULL)


@case(
    "null_loopback_big_endian",
    "LINKTYPE_NULL (0), written on a big-endian machine: file and family number are "
    "both in its order",
    "the curl session",
)
def _(s):
    frames = on_link(s["curl"], lambda ip, _: p.null_header(ip, ">", 24))
    return "capture.pcap", p.pcap(frames, p.NULL, order=">")


@case(
    "openbsd_loop",
    "LINKTYPE_LOOP (108): as null, but always in network order",
    "the curl session, in a little-endian file",
)
def _(s):
    frames = on_link(s["curl"], lambda ip, _: p.null_header(ip, ">", 24))
    return "capture.pcap", p.pcap(frames, p.LOOP)


@case(
    "nanoseconds_big_endian",
    "nanosecond time stamps (magic a1b23c4d) in a big-endian file",
    "the curl session, each packet 789 ns later",
)
def _(s):
    frames = [(time + 789, frame) for time, frame in on_ethernet(s["curl"])]
    return "capture.pcap", p.pcap(frames, p.ETHERNET, order=">", nanoseconds=True)


@case(
    "pcapng",
    "pcapng with options, comments, and a block that no reader knows",
    "the curl session, microseconds, little-endian",
)
def _(s):
    frames = [(0, time, frame) for time, frame in on_ethernet(s["curl"])]
    return "capture.pcapng", p.pcapng(frames, [(p.ETHERNET, 6)])


@case(
    "pcapng_two_interfaces",
    "one session over two interfaces of one pcapng whose time units differ; big-endian",
    "the curl session: towards the server on an interface with microseconds, back on "
    "one with nanoseconds",
)
def _(s):
    frames = [
        (0 if from_client(packet) else 1, packet.time_ns, p.ethernet(packet.to_bytes(), from_client(packet)))
        for packet in s["curl"]
    ]
    return "capture.pcapng", p.pcapng(frames, [(p.ETHERNET, 6), (p.ETHERNET, 9)], order=">")


@case(
    "gzip",
    "a compressed pcap",
    "the Chromium session, gzip",
)
def _(s):
    return "capture.pcap.gz", p.gzipped(p.pcap(on_ethernet(s["chromium"]), p.ETHERNET))


@case(
    "hello_in_many_segments",
    "a hello cut into pieces of 61 bytes, the first of which ends inside the fixed part",
    "the Chromium session",
)
def _(s):
    size = len(hello_of(s["chromium"])[0])
    return "capture.pcap", p.pcap(on_ethernet(send_hello_as(s["chromium"], in_order(size, 61))), p.ETHERNET)


@case(
    "hello_byte_by_byte",
    "the first 12 bytes of a hello, record header included, one by one",
    "the curl session",
)
def _(s):
    size = len(hello_of(s["curl"])[0])
    pieces = [(i, 1) for i in range(12)] + [(12, size - 12)]
    return "capture.pcap", p.pcap(on_ethernet(send_hello_as(s["curl"], pieces)), p.ETHERNET)


@case(
    "hello_out_of_order",
    "the pieces of a hello arrive last first",
    "the Chromium session, pieces of 400 bytes in reverse",
)
def _(s):
    size = len(hello_of(s["chromium"])[0])
    pieces = in_order(size, 400)[::-1]
    return "capture.pcap", p.pcap(on_ethernet(send_hello_as(s["chromium"], pieces)), p.ETHERNET)


@case(
    "hello_overlapping",
    "retransmitted and overlapping pieces of a hello, all with the same bytes",
    "the curl session: bytes 0-200, 0-200 again, 100-300, 50-120, 280 to the end, 400 "
    "to the end again",
)
def _(s):
    size = len(hello_of(s["curl"])[0])
    pieces = [(0, 200), (0, 200), (100, 200), (50, 70), (280, size - 280), (400, size - 400)]
    return "capture.pcap", p.pcap(on_ethernet(send_hello_as(s["curl"], pieces)), p.ETHERNET)


@case(
    "hello_with_gap",
    "a piece of the hello was never captured: there was a hello, and no fingerprint of "
    "it can be made",
    "the curl session without the hello's bytes 200 to 300",
)
def _(s):
    size = len(hello_of(s["curl"])[0])
    pieces = [(0, 200), (300, size - 300)]
    return "capture.pcap", p.pcap(on_ethernet(send_hello_as(s["curl"], pieces)), p.ETHERNET)


@case(
    "hello_in_many_records",
    "a hello spread over TLS records of 100 bytes, and the records over segments of 256",
    "the curl session; what follows in the stream moves on by the added record headers",
)
def _(s):
    hello = as_records(hello_of(s["curl"])[0], 100)
    session = send_hello_as(s["curl"], in_order(len(hello), 256), hello)
    return "capture.pcap", p.pcap(on_ethernet(session), p.ETHERNET)


@case(
    "ipv6_extension_headers",
    "TCP behind a hop-by-hop header of 8 bytes, destination options of 16 and a routing"
    " header",
    "put into every packet of the IPv6 session; the routing header has no segments left",
)
def _(s):
    routing = bytes([TCP, 2, 4, 0]) + bytes(4) + bytes(16)  # type 4 (RFC 8754), no segments left
    extensions = padding_options(DESTINATION) + padding_options(ROUTING, 16) + routing
    return "capture.pcap", p.pcap(with_extensions(s["firefox6"], extensions, HOP_BY_HOP), p.ETHERNET)


@case(
    "ipv6_atomic_fragments",
    "a Fragment header on a packet that is whole (RFC 6946) hides nothing",
    "put into every packet of the IPv6 session: offset 0, no more fragments",
)
def _(s):
    header = bytes([TCP, 0]) + struct.pack(">HI", 0, 0x5EC1)
    return "capture.pcap", p.pcap(with_extensions(s["firefox6"], header, FRAGMENT), p.ETHERNET)


@case(
    "snaplen_96",
    "frames cut at 96 bytes: the SYN is whole and the hello is not",
    "the Chromium session, as `tcpdump -s 96` keeps it",
)
def _(s):
    return "capture.pcap", p.pcap(on_ethernet(s["chromium"]), p.ETHERNET, snaplen=96)


@case(
    "begins_at_syn_ack",
    "the SYN was missed: the client is who received the SYN-ACK",
    "the curl session without its first packet",
)
def _(s):
    return "capture.pcap", p.pcap(on_ethernet(s["curl"][1:]), p.ETHERNET)


@case(
    "begins_at_hello",
    "the handshake was missed: the client is who sent the ClientHello",
    "the curl session without its first three packets",
)
def _(s):
    return "capture.pcap", p.pcap(on_ethernet(s["curl"][3:]), p.ETHERNET)


@case(
    "repeated_syn",
    "two SYNs: the first counts for the shape, and SYN to SYN-ACK is no measurement any"
    " more",
    "the curl session with its SYN once more, one second before",
)
def _(s):
    syn = s["curl"][0]
    session = [syn.but(time_ns=syn.time_ns - 1000 * MILLISECOND)] + s["curl"]
    return "capture.pcap", p.pcap(on_ethernet(session), p.ETHERNET)


@case(
    "repeated_syn_ack",
    "two SYN-ACKs: nobody can tell which one the client's ACK answers (Karn's rule), so"
    " no time is given",
    "the curl session with its SYN-ACK once more, 20 ms after",
)
def _(s):
    syn_ack = s["curl"][1]
    session = s["curl"][:2] + [syn_ack.but(time_ns=syn_ack.time_ns + 20 * MILLISECOND)] + s["curl"][2:]
    return "capture.pcap", p.pcap(on_ethernet(session), p.ETHERNET)


def readme(name, proves, made, file):
    return f"""# {name}

Proves: {proves}.

Made: {made}. `make_captures.py` wrote `{file}` from `tests/demo/demo.pcap` (real clients, moved addresses);
`facts.tsv` is what tshark 4.0.17 says of it (`check_facts.py --write`).
"""


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--check", action="store_true")
    check = arguments.parse_args().check
    sessions = load_sessions()
    faults = []
    for name, (proves, made, make) in CASES.items():
        file, data = make(sessions)
        text = readme(name, proves, made, file).encode()
        for path, content in ((HERE / name / file, data), (HERE / name / "README.md", text)):
            if check:
                faults += [] if same(path, content) else [path.relative_to(HERE)]
            else:
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
    print(f"{len(CASES)} cases, {len(faults)} differ")
    for fault in faults:
        print(f"{fault}: not what make_captures.py makes", file=sys.stderr)
    sys.exit(1 if faults else 0)


def same(path, content):
    if not path.exists():
        return False
    committed = path.read_bytes()
    if path.suffix == ".gz":  # releases of zlib may compress differently
        committed, content = gzip.decompress(committed), gzip.decompress(content)
    return committed == content


if __name__ == "__main__":
    main()
