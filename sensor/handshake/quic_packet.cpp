#include "sensor/handshake/quic_packet.h"

#include <algorithm>
#include <limits>

namespace sekimori {
namespace {

constexpr std::uint8_t kLongHeader = 0x80;         // RFC 9000, section 17.2
constexpr std::uint8_t kMaxConnectionId = 20;      // bytes; RFC 9000, section 17.2
constexpr std::size_t kIntegrityTag = 16;          // bytes; RFC 9001, section 5.8
constexpr std::uint16_t kVersionOffset = 1;        // bytes
constexpr std::uint16_t kDestinationIdOffset = 5;  // bytes

tl::unexpected<Defect> unsupported(std::uint16_t at) noexcept {
  return tl::unexpected{Defect{Fault::unsupported, Layer::quic, at}};
}

QuicPacketType packet_type(std::uint8_t first, std::uint32_t version) noexcept {
  const unsigned bits = first >> 4U & 3U;
  // RFC 9369, section 3.2: each moved on by one.
  const unsigned shift = version == static_cast<std::uint32_t>(QuicVersion::v2) ? 3U : 0U;
  return static_cast<QuicPacketType>((bits + shift) & 3U);
}

}  // namespace

Result<QuicLongPacket> parse_quic_packet(Bytes datagram) noexcept {
  Cursor cursor{datagram};
  const std::uint8_t first = cursor.u8();
  if (cursor.ok() && (first & kLongHeader) == 0) return unsupported(0);
  QuicLongPacket packet;
  packet.version = cursor.u32();
  if (cursor.ok() && !is_known_quic_version(packet.version)) return unsupported(kVersionOffset);
  // The fixed bit is not asked: endpoints may clear it (RFC 9287, section 3), and do.
  packet.type = packet_type(first, packet.version);

  const std::uint8_t destination_size = cursor.u8();
  if (destination_size > kMaxConnectionId) return cursor.reject(Layer::quic, kDestinationIdOffset);
  packet.destination_id = cursor.take(destination_size);
  const std::uint8_t source_size = cursor.u8();
  if (source_size > kMaxConnectionId) {
    return cursor.reject(Layer::quic,
                         static_cast<std::uint16_t>(kDestinationIdOffset + 1 + destination_size));
  }
  packet.source_id = cursor.take(source_size);

  if (packet.type == QuicPacketType::retry) {
    packet.token = cursor.take(cursor.left() - std::min(cursor.left(), kIntegrityTag));
    cursor.skip(kIntegrityTag);
    packet.bytes = datagram;
    return cursor.finish(Layer::quic, packet);
  }
  if (packet.type == QuicPacketType::initial) {
    packet.token = cursor.take(static_cast<std::size_t>(quic_integer(cursor)));
  }
  packet.protected_part = cursor.take(static_cast<std::size_t>(quic_integer(cursor)));
  packet.bytes = datagram.first(datagram.size() - cursor.left());
  return cursor.finish(Layer::quic, packet);
}

std::uint64_t quic_integer(Cursor& cursor) noexcept {
  const std::uint8_t first = cursor.u8();
  std::uint64_t value = first & 0x3fU;
  for (const std::uint8_t byte : cursor.take((std::size_t{1} << (first >> 6U)) - 1)) {
    value = value << 8U | byte;
  }
  return value;
}

bool is_known_quic_version(std::uint32_t version) noexcept {
  switch (static_cast<QuicVersion>(version)) {
    case QuicVersion::v1:
    case QuicVersion::v2:
    case QuicVersion::mvfst_27:
    case QuicVersion::mvfst_experimental:
      return true;
    default:
      return has_google_frames(version) ||
             (version >= static_cast<std::uint32_t>(QuicVersion::draft_23) &&
              version <= static_cast<std::uint32_t>(QuicVersion::draft_34));
  }
}

bool has_google_frames(std::uint32_t version) noexcept {
  switch (static_cast<QuicVersion>(version)) {
    case QuicVersion::google_q050:
    case QuicVersion::google_t050:
    case QuicVersion::google_t051:
      return true;
    default:
      return false;
  }
}

}  // namespace sekimori
