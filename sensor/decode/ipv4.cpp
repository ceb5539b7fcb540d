#include "sensor/decode/ipv4.h"

#include <algorithm>

namespace sekimori {
namespace {

constexpr std::size_t kFixedHeaderSize = 20;  // bytes
constexpr std::uint16_t kLengthOffset = 2;
constexpr std::uint16_t kFragmentOffset = 6;
constexpr std::uint16_t kDontFragment = 0x4000;
constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr std::uint16_t kOffsetMask = 0x1fff;  // in 8-byte units

}  // namespace

Result<IpHeader> parse_ipv4(Bytes packet) noexcept {
  Cursor cursor{packet};
  const std::uint8_t first = cursor.u8();
  const std::size_t header_size = (first & 0x0fU) * 4U;
  cursor.skip(1);
  const std::uint16_t total_length = cursor.u16();
  const std::uint16_t identification = cursor.u16();
  const std::uint16_t fragment = cursor.u16();
  const std::uint8_t ttl = cursor.u8();
  const IpProtocol protocol{cursor.u8()};
  cursor.skip(2);  // checksum: filled in after the capture point on the sending host
  const Bytes source = cursor.take(4);
  const Bytes destination = cursor.take(4);
  if (!cursor.ok() || first >> 4U != 4 || header_size < kFixedHeaderSize) {
    return cursor.reject(Layer::ipv4, 0);
  }
  cursor.skip(header_size - kFixedHeaderSize);
  const Bytes captured = cursor.take(cursor.left());
  if (!cursor.ok()) return cursor.reject(Layer::ipv4, 0);

  // A host that lets its NIC cut segments (TSO) shows them before the length is filled in.
  const std::size_t length = total_length == 0 ? packet.size() : total_length;
  if (length < header_size) return cursor.reject(Layer::ipv4, kLengthOffset);

  IpHeader ip;
  ip.source = IpAddress::v4(source.first<4>());
  ip.destination = IpAddress::v4(destination.first<4>());
  ip.protocol = protocol;
  ip.ttl = ttl;
  ip.dont_fragment = (fragment & kDontFragment) != 0;
  ip.length = static_cast<std::uint32_t>(length);
  ip.payload_length = static_cast<std::uint32_t>(length - header_size);
  ip.payload = captured.first(std::min<std::size_t>(captured.size(), ip.payload_length));
  ip.identification = identification;
  ip.more_fragments = (fragment & kMoreFragments) != 0;
  ip.fragment_offset = (fragment & kOffsetMask) * 8U;
  ip.is_fragment = ip.more_fragments || ip.fragment_offset != 0;
  const bool is_torn = ip.more_fragments && ip.payload_length % 8 != 0;
  if (ip.is_fragment && (is_torn || ip.payload_length == 0)) {
    return cursor.reject(Layer::ipv4, kFragmentOffset);
  }
  return ip;
}

}  // namespace sekimori
