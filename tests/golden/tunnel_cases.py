"""The cases of make_captures.py in tunnels: what a tap between two tunnel ends sees."""

import socket
import struct

import packets as p
from cases import case
from sessions import on_link

NEAR, FAR = "203.0.113.1", "203.0.113.2"  # the tunnel's ends; the near one stands before the clients
GRE, UDP, IPIP, SIX_IN_FOUR = 47, 17, 4, 41
TRANSPARENT_ETHERNET, ERSPAN_II, CISCO_METADATA, MPLS = 0x6558, 0x88BE, 0x8909, 0x8847


def outer(protocol, body, from_client):
    """An IPv4 header of the tunnel around `body`."""
    source, target = (NEAR, FAR) if from_client else (FAR, NEAR)
    header = bytearray(struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 7, 0x4000, 62, protocol, 0))
    header += socket.inet_aton(source) + socket.inet_aton(target)
    struct.pack_into(">H", header, 10, p.checksum(bytes(header)))
    return bytes(header) + body


def datagram(source, target, body):
    return struct.pack(">HHHH", source, target, 8 + len(body), 0) + body  # no checksum, as tunnels over IPv4 may


def inner_frame(ip, from_client):
    return p.ethernet(ip, from_client)


def both(name, proves, made, wrap, sessions=("curl", "firefox6")):
    @case(name, proves, made)
    def _(s):
        frames = on_link(sum((s[one] for one in sessions), []), lambda ip, from_client: p.ethernet(wrap(ip, from_client), from_client))
        return "capture.pcap", p.pcap(frames, p.ETHERNET)


both(
    "gre",
    "GRE (RFC 2784, RFC 2890) with key and sequence number, both address families",
    "the curl and the IPv6 session in GRE between two routers",
    lambda ip, c: outer(GRE, struct.pack(">HHII", 0x3000, p.ether_type(ip), 42, 7) + ip, c),
)
both(
    "gre_ethernet",
    "GRE with Ethernet inside (NVGRE, RFC 7637)",
    "the curl session as frames in GRE, EtherType 6558",
    lambda ip, c: outer(GRE, struct.pack(">HHI", 0x2000, TRANSPARENT_ETHERNET, 0x4D2 << 8) + inner_frame(ip, c), c),
    ("curl",),
)
both(
    "erspan",
    "ERSPAN type II, as a switch sends a mirror over routers",
    "the curl session mirrored: GRE with a sequence number, ERSPAN's header, the frame",
    lambda ip, c: outer(GRE, struct.pack(">HHI", 0x1000, ERSPAN_II, 9) + struct.pack(">HHI", 0x1000, 0x000A, 0) + inner_frame(ip, c), c),
    ("curl",),
)
both(
    "vxlan",
    "VXLAN (RFC 7348), both address families",
    "the curl and the IPv6 session as frames in VNI 1234",
    lambda ip, c: outer(UDP, datagram(49200, 4789, struct.pack(">II", 0x08000000, 1234 << 8) + inner_frame(ip, c)), c),
)
both(
    "geneve",
    "GENEVE (RFC 8926) with an option",
    "the curl and the IPv6 session as frames in VNI 77 behind one option of four bytes",
    lambda ip, c: outer(
        UDP,
        datagram(49201, 6081, struct.pack(">BBHI", 2, 0, TRANSPARENT_ETHERNET, 77 << 8) + struct.pack(">HBBI", 0x0102, 3, 1, 5) + inner_frame(ip, c)),
        c,
    ),
)
both(
    "ip_in_ip",
    "IPv4 in IPv4 (RFC 2003)",
    "the curl session behind a second IPv4 header",
    lambda ip, c: outer(IPIP, ip, c),
    ("curl",),
)
both(
    "ipv6_in_ipv4",
    "IPv6 in IPv4 (6in4, RFC 4213)",
    "the IPv6 session behind an IPv4 header",
    lambda ip, c: outer(SIX_IN_FOUR, ip, c),
    ("firefox6",),
)
both(
    "teredo",
    "Teredo (RFC 4380): IPv6 in UDP, with an origin indication on the way to the client",
    "the IPv6 session in datagrams of port 3544",
    lambda ip, c: outer(UDP, datagram(51000, 3544, ip) if c else datagram(3544, 51000, bytes.fromhex("000038c7347ffffe") + ip), c),
    ("firefox6",),
)
both(
    "gtp_u",
    "GTP-U (3GPP TS 29.281), with and without a sequence number, both address families",
    "the curl and the IPv6 session as G-PDUs",
    lambda ip, c: outer(
        UDP,
        datagram(2152, 2152, struct.pack(">BBHIHBB", 0x32, 0xFF, 4 + len(ip), 0xC0FFEE, 3, 0, 0) + ip if c else struct.pack(">BBHI", 0x30, 0xFF, len(ip), 0xBEEF) + ip),
        c,
    ),
)


def behind_type(name, proves, made, header):
    """Frames whose EtherType is another one's, with the packet behind `header(ip)`."""
    @case(name, proves, made)
    def _(s):
        def wrap(ip, from_client):
            return p.ethernet(ip, from_client)[:12] + header(ip)

        return "capture.pcap", p.pcap(on_link(s["curl"] + s["firefox6"], wrap), p.ETHERNET)


behind_type(
    "mpls",
    "MPLS (RFC 3032), two labels, both address families",
    "the curl and the IPv6 session behind labels 100 and 200",
    lambda ip: struct.pack(">HII", MPLS, 100 << 12 | 64, 200 << 12 | 1 << 8 | 64) + ip,
)
behind_type(
    "cisco_metadata",
    "Cisco metadata (a security group tag), both address families",
    "the curl and the IPv6 session behind EtherType 8909 with tag 16",
    lambda ip: struct.pack(">HBBHHH", CISCO_METADATA, 1, 1, 1, 16, p.ether_type(ip)) + ip,
)
