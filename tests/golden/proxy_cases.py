"""The cases of make_captures.py with the PROXY protocol's header in front of a client's stream."""

import ipaddress
import struct

import packets as p
from cases import case
from sessions import hello_of, on_ethernet, send_hello_as


@case(
    "proxy_protocol_v1",
    "a load balancer's PROXY line in front of the stream hides no hello, and names the client where"
    " `path: l4` says that a load balancer writes it",
    "the curl session behind a line of version 1, in a segment of its own",
)
def _(s):
    line = b"PROXY TCP4 203.0.113.77 198.51.100.20 40123 443\r\n"
    hello = hello_of(s["curl"])[0]
    pieces = [(0, len(line)), (len(line), len(hello))]
    return "capture.pcap", p.pcap(on_ethernet(send_hello_as(s["curl"], pieces, line + hello)), p.ETHERNET)


@case(
    "proxy_protocol_v2",
    "the binary PROXY header, an IPv6 client before an IPv4 balancer, with a vector behind the addresses,"
    " as for version 1",
    "the curl session behind a header of version 2, in a segment of its own",
)
def _(s):
    ends = [ipaddress.ip_address(text).packed for text in ("2001:db8:77::9", "2001:db8:20::1")]
    block = ends[0] + ends[1] + struct.pack(">HH", 40123, 443) + b"\x04\x00\x03\x00\x00\x00"  # PP2_TYPE_NOOP
    header = b"\r\n\r\n\0\r\nQUIT\n" + struct.pack(">BBH", 0x21, 0x21, len(block)) + block
    stream = header + hello_of(s["curl"])[0]
    pieces = [(0, len(header)), (len(header), len(stream) - len(header))]
    return "capture.pcap", p.pcap(on_ethernet(send_hello_as(s["curl"], pieces, stream)), p.ETHERNET)
