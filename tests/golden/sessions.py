"""Sessions of the demo capture, and what make_captures.py does to them."""

import pathlib
import struct

import packets as p

DEMO = pathlib.Path(__file__).resolve().parent.parent / "demo" / "demo.pcap"

MILLISECOND = 1_000_000  # ns
BETWEEN_PIECES = MILLISECOND // 10


def load_sessions():
    packets = p.read_recording(DEMO)

    def session(address):
        spoken = (packet.source for packet in packets if packet.payload)
        client = next(source for source in spoken if str(source[0]) == address)
        return [packet for packet in packets if client in (packet.source, packet.destination)]

    return {
        "curl": session("112.200.44.13"),  # hello of one segment
        "chromium": session("153.129.44.17"),  # hello of two segments
        "firefox6": session("2400:4051:1a2:5600::17"),
        "tls12": session("73.15.20.14"),
        "quic": session("14.11.20.14"),
    }


def from_client(packet):
    return packet.destination[1] == 443


def hello_of(session):
    """The client's bytes before the server's first; the index of their packet, and of the answer."""
    answer = next(i for i, packet in enumerate(session) if packet.payload and not from_client(packet))
    first = next(i for i, packet in enumerate(session) if packet.payload)
    hello = b"".join(packet.payload for packet in session[:answer] if from_client(packet))
    assert hello[0] == 22 and len(hello) == 5 + struct.unpack_from(">H", hello, 3)[0], "one record"
    return hello, first, answer


def send_hello_as(session, pieces, hello=None):
    """The session with the hello sent in these pieces, (offset, size) in the order of sending.

    `hello` replaces the bytes; what follows in the stream moves along. Bare ACKs amid the hello go.
    """
    old, first, answer = hello_of(session)
    hello = hello or old
    sample = session[first]
    sent = [
        sample.but(
            seq=sample.seq + offset,
            payload=hello[offset : offset + size],
            time_ns=sample.time_ns + i * BETWEEN_PIECES,
        )
        for i, (offset, size) in enumerate(pieces)
    ]
    later = len(pieces) * BETWEEN_PIECES
    grown = len(hello) - len(old)
    rest = [
        packet.but(time_ns=packet.time_ns + later, **{name: getattr(packet, name) + grown})
        for packet in session[answer:]
        for name in ["seq" if from_client(packet) else "ack"]
    ]
    return session[:first] + sent + rest


def in_order(size, piece):
    return [(offset, min(piece, size - offset)) for offset in range(0, size, piece)]


def as_records(hello, fragment):
    """RFC 8446, section 5.1: a handshake message may be spread over several records."""
    message = hello[5:]
    return b"".join(
        hello[:3] + struct.pack(">H", len(part)) + part
        for part in (message[i : i + fragment] for i in range(0, len(message), fragment))
    )


def on_ethernet(session, tags=lambda packet: ()):
    return [
        (packet.time_ns, p.ethernet(packet.to_bytes(), from_client(packet), tags(packet)))
        for packet in session
    ]


def on_link(session, wrap):
    return [(packet.time_ns, wrap(packet.to_bytes(), from_client(packet))) for packet in session]


# IPv6 extension headers (RFC 8200, section 4): next header, length in 8-byte units after the first, PadN.
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION, TCP = 0, 43, 44, 60, 6


def padding_options(next_header, size=8):
    return bytes([next_header, size // 8 - 1, 1, size - 4]) + bytes(size - 4)


def with_extensions(session, extensions, first_header):
    return [
        (packet.time_ns, p.ethernet(packet.to_bytes(extensions, first_header), from_client(packet)))
        for packet in session
    ]
