#include "sensor/classify/probe_packets.h"

#include <algorithm>

namespace sekimori {
namespace {

constexpr std::size_t kHandshakePackets = 3;
constexpr std::size_t kUdpHeaderSize = 8;
constexpr std::size_t kTcpHeaderSize = 20;
constexpr std::size_t kIpv4HeaderSize = 20;
constexpr std::uint8_t kTtl = 64;

}  // namespace

Bytes ProbePackets::next() noexcept {
  const bool is_tcp = request_.protocol == IpProtocol::tcp;
  const std::size_t number = made_++;
  if (is_tcp && number < kHandshakePackets) {
    // RFC 9293, section 3.5: SYN, SYN-ACK, ACK.
    constexpr std::array<std::uint8_t, kHandshakePackets> flags{kSyn, kSyn | kAck, kAck};
    return write({number != 1, flags[number], {}});
  }
  const std::size_t at = is_tcp ? number - kHandshakePackets : number;
  if (at >= request_.packets.size()) return {};
  const RequestPacket& packet = request_.packets.view()[at];
  return write({packet.from_client, kPsh | kAck, packet.payload});
}

Bytes ProbePackets::write(const Segment& segment) noexcept {
  size_ = 0;
  const bool is_tcp = request_.protocol == IpProtocol::tcp;
  const std::size_t header = is_tcp ? kTcpHeaderSize : kUdpHeaderSize;
  put_ip(segment, header + segment.payload.size());
  put16(segment.from_client ? request_.client_port : request_.server_port);
  put16(segment.from_client ? request_.server_port : request_.client_port);
  if (is_tcp) {
    put_tcp(segment);
  } else {
    put16(kUdpHeaderSize + segment.payload.size());
    put16(0);
  }
  put(segment.payload);
  return Bytes{bytes_}.first(size_);
}

void ProbePackets::put_ip(const Segment& segment, std::size_t transport_size) noexcept {
  constexpr std::uint16_t dont_fragment = 0x4000;
  const auto protocol = static_cast<std::uint8_t>(request_.protocol);
  if (request_.client.is_v4()) {  // RFC 791, section 3.1
    put16(0x4500);
    put16(kIpv4HeaderSize + transport_size);
    put16(made_);
    put16(dont_fragment);
    put8(kTtl);
    put8(protocol);
    put16(0);
  } else {  // RFC 8200, section 3
    put32(0x60000000);
    put16(transport_size);
    put8(protocol);
    put8(kTtl);
  }
  put((segment.from_client ? request_.client : request_.server).bytes());
  put((segment.from_client ? request_.server : request_.client).bytes());
}

void ProbePackets::put_tcp(const Segment& segment) noexcept {
  constexpr std::uint16_t window = 0xffff;
  const std::size_t own = segment.from_client ? 0 : 1;
  put32(sequence_[own]);
  put32((segment.flags & kAck) != 0 ? sequence_[1 - own] : 0);
  put8(kTcpHeaderSize / 4 << 4U);
  put8(segment.flags);
  put16(window);
  put16(0);
  put16(0);
  sequence_[own] +=
      static_cast<std::uint32_t>(segment.payload.size()) + ((segment.flags & kSyn) != 0 ? 1U : 0U);
}

void ProbePackets::put16(std::size_t value) noexcept {
  put8(static_cast<std::uint8_t>(value >> 8U));
  put8(static_cast<std::uint8_t>(value));
}

void ProbePackets::put32(std::uint32_t value) noexcept {
  put16(value >> 16U);
  put16(value & 0xffffU);
}

void ProbePackets::put(std::span<const std::uint8_t> bytes) noexcept {
  std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += bytes.size();
}

}  // namespace sekimori
