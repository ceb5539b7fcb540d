"""Reads, changes and writes packets and capture files for make_captures.py, with nothing but struct.

It shares no code with the product: a reader and a writer that share one mistake agree with each other.
"""

import dataclasses
import gzip
import ipaddress
import struct

ETHERNET, NULL, RAW, LOOP, LINUX_SLL, LINUX_SLL2 = 1, 0, 101, 108, 113, 276
IPV4, IPV6 = 0x0800, 0x86DD


@dataclasses.dataclass
class Packet:
    """One TCP segment or UDP datagram in its IP packet. `l4` is its header, options included."""

    time_ns: int
    ip: bytes  # header as recorded; lengths and checksums are made again
    l4: bytes
    payload: bytes

    @property
    def is_ipv6(self):
        return self.ip[0] >> 4 == 6

    @property
    def protocol(self):
        return self.ip[6] if self.is_ipv6 else self.ip[9]

    @property
    def source(self):
        address = self.ip[8:24] if self.is_ipv6 else self.ip[12:16]
        return ipaddress.ip_address(address), struct.unpack_from(">H", self.l4)[0]

    @property
    def destination(self):
        address = self.ip[24:40] if self.is_ipv6 else self.ip[16:20]
        return ipaddress.ip_address(address), struct.unpack_from(">H", self.l4, 2)[0]

    @property
    def seq(self):
        return struct.unpack_from(">I", self.l4, 4)[0]

    @property
    def ack(self):
        return struct.unpack_from(">I", self.l4, 8)[0]

    def but(self, **changes):
        """A copy with other seq, ack, payload, time_ns, ..."""
        l4 = bytearray(self.l4)
        for name, offset in (("seq", 4), ("ack", 8)):
            if name in changes:
                struct.pack_into(">I", l4, offset, changes.pop(name) & 0xFFFFFFFF)
        return dataclasses.replace(self, l4=bytes(l4), **changes)

    def to_bytes(self, extensions=b"", first_extension=0):
        """The IP packet. `extensions` are IPv6 extension headers, the last of which names the protocol."""
        if self.is_ipv6:
            addresses, pseudo_length = self.ip[8:40], struct.pack(">I", len(self.l4 + self.payload))
            segment = self._with_checksum(addresses + pseudo_length + struct.pack(">I", self.protocol))
            header = bytearray(self.ip[:40])
            struct.pack_into(">H", header, 4, len(extensions) + len(segment))
            if extensions:
                header[6] = first_extension
            return bytes(header) + extensions + segment
        segment = self._with_checksum(
            self.ip[12:20] + struct.pack(">HH", self.protocol, len(self.l4 + self.payload))
        )
        header = bytearray(self.ip)
        struct.pack_into(">H", header, 2, len(header) + len(segment))
        struct.pack_into(">H", header, 10, 0)
        struct.pack_into(">H", header, 10, checksum(bytes(header)))
        return bytes(header) + segment

    def _with_checksum(self, pseudo_header):
        at = 16 if self.protocol == 6 else 6
        l4 = bytearray(self.l4)
        if self.protocol == 17:
            struct.pack_into(">H", l4, 4, len(l4) + len(self.payload))
        struct.pack_into(">H", l4, at, 0)
        struct.pack_into(">H", l4, at, checksum(pseudo_header + bytes(l4) + self.payload))
        return bytes(l4) + self.payload


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total >> 16) + (total & 0xFFFF)
    return ~total & 0xFFFF


def read_recording(path):
    """Every packet of a pcap as tcpdump writes it here: Ethernet, microseconds, this machine's byte order."""
    data = path.read_bytes()
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    assert struct.unpack_from(order + "I", data)[0] == 0xA1B2C3D4, path
    packets, at = [], 24
    while at < len(data):
        seconds, micros, size, _ = struct.unpack_from(order + "IIII", data, at)
        packets.append(parse_ethernet(data[at + 16 : at + 16 + size], (seconds * 1_000_000 + micros) * 1000))
        at += 16 + size
    return packets


def parse_ethernet(frame, time_ns):
    packet = frame[14:]
    if packet[0] >> 4 == 6:
        header, protocol, total = 40, packet[6], 40 + struct.unpack_from(">H", packet, 4)[0]
    else:
        header, protocol, total = (packet[0] & 15) * 4, packet[9], struct.unpack_from(">H", packet, 2)[0]
    l4_size = (packet[header + 12] >> 4) * 4 if protocol == 6 else 8
    return Packet(
        time_ns, packet[:header], packet[header : header + l4_size], packet[header + l4_size : total]
    )


# Link layers: each makes a frame of an IP packet.

ROUTER, SERVER = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")


def ether_type(ip):
    return IPV6 if ip[0] >> 4 == 6 else IPV4


def ethernet(ip, from_client, tags=()):
    """`tags` are (tag protocol, VLAN) from the outside in."""
    frame = SERVER + ROUTER if from_client else ROUTER + SERVER
    for tag_protocol, vlan in tags:
        frame += struct.pack(">HH", tag_protocol, vlan)
    return frame + struct.pack(">H", ether_type(ip)) + ip


def cooked_v1(ip, from_client):
    """LINKTYPE_LINUX_SLL; packet type 0 is to us, 4 is from us; 1 is Ethernet (ARPHRD_ETHER)."""
    address = ROUTER if from_client else SERVER
    return struct.pack(">HHH8sH", 0 if from_client else 4, 1, 6, address, ether_type(ip)) + ip


def cooked_v2(ip, from_client):
    """LINKTYPE_LINUX_SLL2."""
    address = ROUTER if from_client else SERVER
    return struct.pack(">HHIHBB8s", ether_type(ip), 0, 2, 1, 0 if from_client else 4, 6, address) + ip


def null_header(ip, order, ipv6_family):
    """LINKTYPE_NULL has the capturing machine's byte order, LINKTYPE_LOOP network order."""
    return struct.pack(order + "I", ipv6_family if ether_type(ip) == IPV6 else 2) + ip


# Capture files. `frames` are (time in ns, bytes on the wire, bytes kept).


def pcap(frames, link_type, order="<", nanoseconds=False, snaplen=262144):
    magic, unit = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    file = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link_type)
    for time_ns, frame in frames:
        seconds, rest = divmod(time_ns, 1_000_000_000)
        kept = frame[:snaplen]
        file += struct.pack(order + "IIII", seconds, rest // unit, len(kept), len(frame)) + kept
    return file


def pcapng_block(kind, body, order):
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def pcapng_option(code, value, order):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def pcapng(frames, interfaces, order="<"):
    """`interfaces` are (link type, decimal digits of the time's unit); `frames` begin with an index of them."""
    section = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    section += pcapng_option(4, b"make_captures.py", order) + pcapng_option(0, b"", order)
    file = pcapng_block(0x0A0D0D0A, section, order)
    for link_type, digits in interfaces:
        body = struct.pack(order + "HHI", link_type, 0, 0)
        body += pcapng_option(9, bytes([digits]), order) + pcapng_option(0, b"", order)
        file += pcapng_block(1, body, order)
    file += pcapng_block(0x0BAD, b"\0\0\0\1a block that readers skip", order)  # Custom Block
    for interface, time_ns, frame in frames:
        units = time_ns // 10 ** (9 - interfaces[interface][1])
        body = struct.pack(order + "IIIII", interface, units >> 32, units & 0xFFFFFFFF, len(frame), len(frame))
        body += frame + bytes(-len(frame) % 4)
        body += pcapng_option(1, b"a comment", order) + pcapng_option(0, b"", order)
        file += pcapng_block(6, body, order)
    return file


def gzipped(file):
    return gzip.compress(file, mtime=0)
