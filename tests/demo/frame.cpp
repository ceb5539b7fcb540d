#include "tests/demo/frame.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace sekimori {
namespace {

constexpr std::size_t kEthernetHeaderSize = 14;
constexpr std::size_t kIpv4HeaderSize = 20;
constexpr std::size_t kIpv6HeaderSize = 40;

enum EtherType : std::uint16_t { ipv4 = 0x0800, ipv6 = 0x86dd };
enum Protocol : std::uint8_t { tcp = 6, udp = 17 };

// Locally administered: the edge router, and the server behind it.
constexpr std::array<std::uint8_t, 6> kRouterMac{0x02, 0, 0, 0, 0, 0x01};
constexpr std::array<std::uint8_t, 6> kServerMac{0x02, 0, 0, 0, 0, 0x02};

using Span = std::span<std::uint8_t>;

Span part(Span bytes, std::size_t offset, std::size_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) {
    throw std::runtime_error{"a frame ends too early"};
  }
  return bytes.subspan(offset, size);
}

std::uint16_t load16(Span bytes, std::size_t offset) {
  const Span field = part(bytes, offset, 2);
  return static_cast<std::uint16_t>(field[0] << 8 | field[1]);
}

void store16(Span bytes, std::size_t offset, std::uint16_t value) {
  const Span field = part(bytes, offset, 2);
  field[0] = static_cast<std::uint8_t>(value >> 8);
  field[1] = static_cast<std::uint8_t>(value & 0xff);
}

// RFC 1071, over several pieces; only the last may have an odd size.
class InternetChecksum {
 public:
  InternetChecksum& add(std::span<const std::uint8_t> bytes) {
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
      sum_ += static_cast<std::uint32_t>(bytes[i]) << 8;
      if (i + 1 < bytes.size()) sum_ += bytes[i + 1];
    }
    return *this;
  }
  InternetChecksum& add(std::size_t number) {
    sum_ += number;
    return *this;
  }
  std::uint16_t value() const {
    std::uint64_t folded = sum_;
    while (folded > 0xffff) folded = (folded >> 16) + (folded & 0xffff);
    return static_cast<std::uint16_t>(~folded & 0xffff);
  }

 private:
  std::uint64_t sum_ = 0;
};

// The parts of an IP packet that moving touches.
struct IpPacket {
  Span source;
  Span destination;
  Span hop_limit;
  std::uint8_t protocol;
  Span payload;
};

IpPacket split_ipv4(Span packet) {
  const std::size_t header =
      static_cast<std::size_t>(part(packet, 0, kIpv4HeaderSize)[0] & 0x0f) * 4;
  const std::size_t total = load16(packet, 2);
  // More Fragments, or a Fragment Offset.
  if ((load16(packet, 6) & 0x3fff) != 0) throw std::runtime_error{"a fragment"};
  if (header < kIpv4HeaderSize || total < header) throw std::runtime_error{"IPv4 lengths disagree"};
  return {.source = part(packet, 12, 4),
          .destination = part(packet, 16, 4),
          .hop_limit = part(packet, 8, 1),
          .protocol = packet[9],
          .payload = part(packet, header, total - header)};
}

IpPacket split_ipv6(Span packet) {
  const Span header = part(packet, 0, kIpv6HeaderSize);
  return {.source = header.subspan(8, 16),
          .destination = header.subspan(24, 16),
          .hop_limit = header.subspan(7, 1),
          .protocol = header[6],
          .payload = part(packet, kIpv6HeaderSize, load16(header, 4))};
}

void write_address(Span field, const PlanAddress& address) {
  if (field.size() != address.bytes.size()) throw std::runtime_error{"address families differ"};
  std::ranges::copy(address.bytes, field.begin());
}

void write_transport_checksum(const IpPacket& ip) {
  if (ip.protocol != tcp && ip.protocol != udp) throw std::runtime_error{"neither TCP nor UDP"};
  const std::size_t at = ip.protocol == tcp ? 16 : 6;
  store16(ip.payload, at, 0);
  InternetChecksum checksum;
  checksum.add(ip.source).add(ip.destination).add(ip.protocol).add(ip.payload.size());
  const std::uint16_t value = checksum.add(ip.payload).value();
  // On UDP, zero would say that there is no checksum.
  store16(ip.payload, at, ip.protocol == udp && value == 0 ? 0xffff : value);
}

}  // namespace

void move_frame(Span frame, const Move& move) {
  const Span ethernet = part(frame, 0, kEthernetHeaderSize);
  const Span packet = frame.subspan(kEthernetHeaderSize);
  const std::uint16_t type = load16(ethernet, 12);
  if (type != ipv4 && type != ipv6) throw std::runtime_error{"neither IPv4 nor IPv6"};
  const IpPacket ip = type == ipv4 ? split_ipv4(packet) : split_ipv6(packet);

  const bool from_client = std::ranges::equal(ip.source, move.client_from.bytes) &&
                           std::ranges::equal(ip.destination, move.server_from.bytes);
  const bool to_client = std::ranges::equal(ip.destination, move.client_from.bytes) &&
                         std::ranges::equal(ip.source, move.server_from.bytes);
  if (!from_client && !to_client) throw std::runtime_error{"a frame between other addresses"};

  std::ranges::copy(from_client ? kServerMac : kRouterMac, ethernet.begin());
  std::ranges::copy(from_client ? kRouterMac : kServerMac, ethernet.begin() + 6);
  write_address(from_client ? ip.source : ip.destination, move.client_to);
  write_address(from_client ? ip.destination : ip.source, move.server_to);
  if (from_client) {
    if (ip.hop_limit[0] <= move.hops) throw std::runtime_error{"more hops than the TTL allows"};
    ip.hop_limit[0] = static_cast<std::uint8_t>(ip.hop_limit[0] - move.hops);
  }

  write_transport_checksum(ip);
  if (type == ipv4) {
    const Span header = part(packet, 0, static_cast<std::size_t>(packet[0] & 0x0f) * 4);
    store16(header, 10, 0);
    store16(header, 10, InternetChecksum{}.add(header).value());
  }
}

}  // namespace sekimori
