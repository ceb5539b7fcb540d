#include "sensor/decode/decode.h"

#include <algorithm>

#include "sensor/decode/ipv4.h"
#include "sensor/decode/ipv6.h"
#include "sensor/decode/link.h"
#include "sensor/decode/tcp.h"
#include "sensor/decode/udp.h"

namespace sekimori {
namespace {

constexpr std::uint32_t kUdpHeaderSize = 8;  // bytes

Result<IpHeader> parse_ip(const Content& content) noexcept {
  switch (content.type) {
    case EtherType::ipv4:
      return parse_ipv4(content.bytes);
    case EtherType::ipv6:
      return parse_ipv6(content.bytes);
    default:
      return tl::unexpected{Defect{Fault::unsupported, Layer::link, 0}};
  }
}

Packet packet_of(const IpHeader& ip) noexcept {
  Packet packet;
  packet.source = ip.source;
  packet.destination = ip.destination;
  packet.protocol = ip.protocol;
  packet.ttl = ip.ttl;
  packet.dont_fragment = ip.dont_fragment;
  packet.ip_length = ip.length;
  return packet;
}

Result<Packet> with_tcp(Packet packet, const IpHeader& ip) noexcept {
  const Result<TcpSegment> tcp = parse_tcp(ip.payload);
  if (!tcp) return tl::unexpected{tcp.error()};
  packet.source_port = tcp->source_port;
  packet.destination_port = tcp->destination_port;
  packet.tcp = tcp->header;
  packet.payload = tcp->payload;
  const std::size_t header_size = ip.payload.size() - tcp->payload.size();
  packet.payload_length = static_cast<std::uint32_t>(ip.payload_length - header_size);
  return packet;
}

Result<Packet> with_udp(Packet packet, const IpHeader& ip) noexcept {
  const Result<UdpHeader> udp = parse_udp(ip.payload);
  if (!udp) return tl::unexpected{udp.error()};
  packet.source_port = udp->source_port;
  packet.destination_port = udp->destination_port;
  packet.payload = udp->payload;
  // The datagram cannot be longer than the packet that carries it, whatever its own length says.
  packet.payload_length =
      std::min(ip.payload_length, kUdpHeaderSize + udp->payload_length) - kUdpHeaderSize;
  return packet;
}

Result<Packet> decode_layers(const PacketView& frame) noexcept {
  const Result<LinkHeader> link = parse_link(frame.link, frame.bytes);
  if (!link) return tl::unexpected{link.error()};
  const Result<IpHeader> ip = parse_ip(link->content);
  if (!ip) return tl::unexpected{ip.error()};

  Packet packet = packet_of(*ip);
  packet.time = frame.time;
  packet.vlan = link->vlan;
  switch (ip->protocol) {
    case IpProtocol::tcp:
      return with_tcp(packet, *ip);
    case IpProtocol::udp:
      return with_udp(packet, *ip);
    default:
      return packet;
  }
}

}  // namespace

Result<Packet> decode(const PacketView& frame) noexcept {
  Result<Packet> packet = decode_layers(frame);
  const bool is_whole = frame.bytes.size() >= frame.wire_length;
  if (!packet && packet.error().fault == Fault::truncated && is_whole) {
    Defect defect = packet.error();
    defect.fault = Fault::malformed;
    return tl::unexpected{defect};
  }
  return packet;
}

}  // namespace sekimori
