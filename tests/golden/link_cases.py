"""The cases of make_captures.py under link headers that are rare, and in fragments."""

import struct

import packets as p
from cases import case
from sessions import FRAGMENT, TCP, from_client, on_link

C_HDLC, NFLOG = 104, 239
MORE_FRAGMENTS = 0x2000


@case(
    "pcapng_mixed_links",
    "interfaces of three link types in one pcapng, and one session that crosses two of them",
    "the curl session towards the server on Ethernet and back on raw IP, the Chromium session in cooked headers",
)
def _(s):
    frames = []
    for packet in s["curl"] + s["chromium"]:
        ip = packet.to_bytes()
        if packet in s["chromium"]:
            frames.append((2, packet.time_ns, p.cooked_v1(ip, from_client(packet))))
        elif from_client(packet):
            frames.append((0, packet.time_ns, p.ethernet(ip, True)))
        else:
            frames.append((1, packet.time_ns, ip))
    return "capture.pcapng", p.pcapng(frames, [(p.ETHERNET, 6), (p.RAW, 6), (p.LINUX_SLL, 9)])


@case(
    "pppoe",
    "PPPoE (RFC 2516), as lines of FLET'S carry it, both address families",
    "the curl and the IPv6 session in PPPoE session frames with PPP's protocol numbers 0021 and 0057",
)
def _(s):
    def wrap(ip, is_from_client):
        ppp = struct.pack(">H", 0x0057 if p.ether_type(ip) == p.IPV6 else 0x0021) + ip
        frame = bytearray(p.ethernet(ip, is_from_client)[:14])
        struct.pack_into(">H", frame, 12, 0x8864)
        return bytes(frame) + struct.pack(">BBHH", 0x11, 0, 0x4E2, len(ppp)) + ppp

    return "capture.pcap", p.pcap(on_link(s["curl"] + s["firefox6"], wrap), p.ETHERNET)


@case(
    "cisco_hdlc",
    "LINKTYPE_C_HDLC (104), both address families",
    "the curl and the IPv6 session behind address 0f (unicast), control 0 and the EtherType",
)
def _(s):
    frames = on_link(s["curl"] + s["firefox6"], lambda ip, _: struct.pack(">BBH", 0x0F, 0, p.ether_type(ip)) + ip)
    return "capture.pcap", p.pcap(frames, C_HDLC)


@case(
    "nflog",
    "LINKTYPE_NFLOG (239), as `tcpdump -i nflog` writes it, both address families",
    "the curl and the IPv6 session as the payload (type 9) behind a prefix (type 10), in host order",
)
def _(s):
    def attribute(kind, value):
        return struct.pack("<HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)

    def wrap(ip, _):
        family = 10 if p.ether_type(ip) == p.IPV6 else 2  # AF_INET6, AF_INET of Linux
        return struct.pack(">BBH", family, 0, 5) + attribute(10, b"edge\0") + attribute(9, ip)

    return "capture.pcap", p.pcap(on_link(s["curl"] + s["firefox6"], wrap), NFLOG)


def ipv4_pieces(ip, size):
    """The packet in fragments of `size` payload bytes, the last one first."""
    body, pieces = ip[20:], []
    for at in range(0, len(body), size):
        header = bytearray(ip[:20])
        piece = body[at : at + size]
        more = MORE_FRAGMENTS if at + size < len(body) else 0
        struct.pack_into(">HHH", header, 2, 20 + len(piece), struct.unpack_from(">H", ip, 4)[0], more | at // 8)
        struct.pack_into(">H", header, 10, 0)
        struct.pack_into(">H", header, 10, p.checksum(bytes(header)))
        pieces.append(bytes(header) + piece)
    return pieces[::-1]


def ipv6_pieces(ip, size, identification):
    body, pieces = ip[40:], []
    for at in range(0, len(body), size):
        header = bytearray(ip[:40])
        piece = body[at : at + size]
        struct.pack_into(">HB", header, 4, 8 + len(piece), FRAGMENT)
        more = 1 if at + size < len(body) else 0
        pieces.append(bytes(header) + struct.pack(">BBHI", TCP, 0, at | more, identification) + piece)
    return pieces[::-1]


@case(
    "ipv4_fragments",
    "IPv4 fragments, the last one first, make the packets they were cut from",
    "every packet of the Chromium session with more than 320 bytes behind its IP header, in pieces of 320 with"
    " identifications of their own",
)
def _(s):
    frames = []
    for n, packet in enumerate(s["chromium"], 1):
        numbered = bytearray(packet.ip)
        struct.pack_into(">HH", numbered, 4, n, 0)
        ip = packet.but(ip=bytes(numbered)).to_bytes()
        frames += [(packet.time_ns, p.ethernet(piece, from_client(packet))) for piece in ipv4_pieces(ip, 320)]
    return "capture.pcap", p.pcap(frames, p.ETHERNET)


@case(
    "ipv6_fragments",
    "IPv6 fragments, the last one first, make the packets they were cut from",
    "every packet of the IPv6 session with more than 320 bytes behind its IP header, in pieces of 320",
)
def _(s):
    frames = []
    for n, packet in enumerate(s["firefox6"], 1):
        ip = packet.to_bytes()
        pieces = ipv6_pieces(ip, 320, n) if len(ip) > 40 + 320 else [ip]
        frames += [(packet.time_ns, p.ethernet(piece, from_client(packet))) for piece in pieces]
    return "capture.pcap", p.pcap(frames, p.ETHERNET)
