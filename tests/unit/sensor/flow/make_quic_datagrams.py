#!/usr/bin/env python3
"""Writes quic_datagrams.h: the datagrams of QUIC sessions that RFC 9001 and RFC 9369 print no bytes of.

It protects packets itself, with the AES and HMAC of the Python package `cryptography`, and shares nothing with the sensor. Before
it writes anything it makes the samples of both RFCs again. Needs `cryptography`; its output is committed.
"""

import hashlib
import hmac
import pathlib
import re

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HERE = pathlib.Path(__file__).resolve().parent
RFC9001 = (HERE.parent / "handshake" / "rfc9001.h").read_text()

V1, V2 = 0x00000001, 0x6B3343CF
SALT = {
    V1: bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),  # RFC 9001, section 5.2
    V2: bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"),  # RFC 9369, section 3.3.1
}
INITIAL_BITS = {V1: 0x00, V2: 0x10}  # RFC 9000, table 5; RFC 9369, section 3.2
PREFIX = {V1: b"quic ", V2: b"quicv2 "}


def rfc_bytes(name):
    text = re.search(rf"{name} =\s*((?:\"[0-9a-f]+\"\s*)+);", RFC9001).group(1)
    return bytes.fromhex("".join(re.findall(r"[0-9a-f]+", text)))


def expand_label(secret, label, size):  # RFC 8446, section 7.1; one block
    label = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes([len(label)]) + label + b"\0\1"
    return hmac.new(secret, info, hashlib.sha256).digest()[:size]


def integer(value):  # RFC 9000, section 16
    return bytes([value]) if value < 64 else (0x4000 | value).to_bytes(2, "big")


def initial(version, side, keyed_by, destination, source, number, frames, token=b"", number_size=4):
    """One protected Initial (RFC 9001, section 5). `keyed_by`: the id that the keys come from."""
    root = hmac.new(SALT[version], keyed_by, hashlib.sha256).digest()
    secret = expand_label(root, side + b" in", 32)
    key, iv, hp = (expand_label(secret, PREFIX[version] + what, size) for what, size in ((b"key", 16), (b"iv", 12), (b"hp", 16)))
    ids = bytes([len(destination)]) + destination + bytes([len(source)]) + source
    first = 0xC0 | INITIAL_BITS[version] | number_size - 1
    header = bytes([first]) + version.to_bytes(4, "big") + ids + integer(len(token)) + token
    length = number_size + len(frames) + 16
    header += (0x4000 | length).to_bytes(2, "big")
    packet_number = number.to_bytes(number_size, "big")
    nonce = bytes(a ^ b for a, b in zip(iv, number.to_bytes(12, "big")))
    sealed = AESGCM(key).encrypt(nonce, frames, header + packet_number)
    sample = sealed[4 - number_size :][:16]
    encryptor = Cipher(algorithms.AES(hp), modes.ECB()).encryptor()
    mask = encryptor.update(sample)
    packet_number = bytes(a ^ b for a, b in zip(packet_number, mask[1:]))
    return bytes([first ^ mask[0] & 0x0F]) + header[1:] + packet_number + sealed


def crypto(offset, data):  # RFC 9000, section 19.6
    return b"\x06" + integer(offset) + integer(len(data)) + data


def padded(frames, size=1162):
    return frames + bytes(size - len(frames))


CLIENT_ID = rfc_bytes("kRfc9001Id")
SERVER_ID = bytes.fromhex("f067a5502a4262b5")  # of the samples
CLIENT_FRAMES = rfc_bytes("kRfc9001ClientCrypto")
HELLO = CLIENT_FRAMES[4:]
SERVER_FRAMES = rfc_bytes("kRfc9001ServerFrames")
ACK = bytes.fromhex("0200000000")

rfc9369_client = initial(V2, b"client", CLIENT_ID, CLIENT_ID, b"", 2, padded(CLIENT_FRAMES))
rfc9369_server = initial(V2, b"server", CLIENT_ID, b"", SERVER_ID, 1, SERVER_FRAMES, number_size=2)


def check_samples():
    assert initial(V1, b"client", CLIENT_ID, CLIENT_ID, b"", 2, padded(CLIENT_FRAMES)) == rfc_bytes("kRfc9001Client")
    assert (
        initial(V1, b"server", CLIENT_ID, b"", SERVER_ID, 1, SERVER_FRAMES, number_size=2) == rfc_bytes("kRfc9001Server")
    )
    # RFC 9369, appendix A.2: the packet's first and last 32 bytes, the tag among them; appendix A.3, whole.
    begins = "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485"
    ends = "9a37ddec600545473cfb5a05e08d0b209973b2172b4d21fb69745a262ccde96ba18b2faa745b6fe189cf772a9f84cbfc"
    assert rfc9369_client.hex().startswith(begins) and rfc9369_client.hex().endswith(ends)
    assert rfc9369_server.hex() == (
        "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89237bbf872630"
        "17915358230035f7fd3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2"
        "c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140"
    )


RETRIED_ID = bytes.fromhex("c0ffee11c0ffee22")  # the server's own, after its Retry
NEW_CLIENT_ID = bytes.fromhex("0123456789abcdef")

DATAGRAMS = {
    "kRfc9369Client": ("RFC 9369, appendix A.2.", rfc9369_client),
    "kRfc9369Server": ("RFC 9369, appendix A.3: the answer to the Initial of A.2, and to RFC 9001's.", rfc9369_server),
    "kRetriedClient": (
        "RFC 9001's hello once more, after the Retry of its appendix A.4: with its token, for its id.",
        initial(V1, b"client", SERVER_ID, SERVER_ID, b"", 3, padded(CLIENT_FRAMES), token=b"token"),
    ),
    "kRetriedServer": (
        "The answer to that. The server chose another id, c0ffee11c0ffee22.",
        initial(V1, b"server", SERVER_ID, b"", RETRIED_ID, 0, SERVER_FRAMES),
    ),
    "kNegotiatedClient": (
        "RFC 9001's hello in version 2, for an id of its own: after a Version Negotiation.",
        initial(V2, b"client", NEW_CLIENT_ID, NEW_CLIENT_ID, b"", 0, padded(CLIENT_FRAMES)),
    ),
    "kNegotiatedServer": (
        "The answer to that.",
        initial(V2, b"server", NEW_CLIENT_ID, b"", SERVER_ID, 0, SERVER_FRAMES),
    ),
    "kFirstHalf": (
        "RFC 9001's hello in two: its bytes 0 to 149, in two frames of which the later stands first.",
        initial(V1, b"client", CLIENT_ID, CLIENT_ID, b"", 0, padded(crypto(70, HELLO[70:150]) + crypto(0, HELLO[:70]), 300)),
    ),
    "kSecondHalf": (
        "Its bytes 100 to the end.",
        initial(V1, b"client", CLIENT_ID, CLIENT_ID, b"", 1, padded(b"\x01" + crypto(100, HELLO[100:]), 300)),
    ),
    "kEchoingServer": (
        "The samples' answer, by a server whose id is the client's with other upper bits: e394c8f03e515708.",
        initial(V1, b"server", CLIENT_ID, b"", bytes([CLIENT_ID[0] ^ 0x60]) + CLIENT_ID[1:], 1, SERVER_FRAMES),
    ),
    "kServerAck": (
        "The server's Initial 0, of the samples' session, that acknowledges and says nothing.",
        initial(V1, b"server", CLIENT_ID, b"", SERVER_ID, 0, padded(ACK, 20)),
    ),
    "kClientProbe": (
        "The client's Initial 3, a PING, for the id that the server chose.",
        initial(V1, b"client", CLIENT_ID, SERVER_ID, b"", 3, padded(b"\x01")),
    ),
}  # fmt: skip


def as_cpp(name, text, data):
    digits = data.hex()
    lines = [digits[i : i + 88] for i in range(0, len(digits), 88)]
    rows = "\n".join(f'    "{line}"' for line in lines)
    return f"// {text}\ninline constexpr const char* {name} =\n{rows};\n"


def main():
    check_samples()
    blocks = "\n".join(as_cpp(name, text, data) for name, (text, data) in DATAGRAMS.items())
    (HERE / "quic_datagrams.h").write_text(
        f"#pragma once\n\nnamespace sekimori {{\n\n// Written by make_quic_datagrams.py: one UDP payload each.\n\n{blocks}\n"
        "}  // namespace sekimori\n"
    )


if __name__ == "__main__":
    main()
