#pragma once

#include <cstdint>

#include "core/bytes/cursor.h"

namespace sekimori {

// RFC 9000, section 17.2, and RFC 9369, section 3.2, which numbers them otherwise on the wire.
enum class QuicPacketType : std::uint8_t { initial, zero_rtt, handshake, retry };

// IANA "QUIC Versions", and those of before that clients still send. Drafts 23 to 34 are 0xff000017
// to 0xff000022. Google's have the drafts' headers and Google's frames: Q050 carries Google's own
// handshake in them, T050 and T051 carry TLS (QUICHE, quic_versions.h).
enum class QuicVersion : std::uint32_t {
  negotiation = 0,
  v1 = 0x00000001,
  v2 = 0x6b3343cf,
  draft_23 = 0xff000017,
  draft_29 = 0xff00001d,
  draft_33 = 0xff000021,
  draft_34 = 0xff000022,
  mvfst_27 = 0xfaceb002,  // Facebook's, of draft 27; so is the next
  mvfst_experimental = 0xfaceb00e,
  google_q050 = 0x51303530,
  google_t050 = 0x54303530,
  google_t051 = 0x54303531,
};

// A packet with a long header (RFC 9000, section 17.2), still protected. Everything is borrowed.
struct QuicLongPacket {
  QuicPacketType type = QuicPacketType::initial;
  std::uint32_t version = 0;  // QuicVersion, or another number that salts are known for
  Bytes destination_id;       // at most 20 bytes
  Bytes source_id;            // at most 20 bytes
  Bytes token;                // of an Initial or a Retry
  Bytes bytes;                // the whole packet; the datagram's next packet follows it
  Bytes protected_part;       // its end, from the packet number on; empty for a Retry
};

// The first packet of a datagram. unsupported: a short header, a Version Negotiation packet, a
// version that is not known here; five bytes are enough to say so, which is also how QUIC is told
// from what else begins with that bit. malformed: a connection id longer than 20 bytes.
Result<QuicLongPacket> parse_quic_packet(Bytes datagram) noexcept;

// RFC 9000, section 16. Also of use inside a decrypted packet.
std::uint64_t quic_integer(Cursor& cursor) noexcept;

// True for the versions that parse_quic_packet knows.
bool is_known_quic_version(std::uint32_t version) noexcept;

// True for the known versions whose frames are numbered as Google numbered them.
bool has_google_frames(std::uint32_t version) noexcept;

}  // namespace sekimori
