#include "sensor/decode/decode.h"

#include <algorithm>
#include <optional>
#include <span>

#include "sensor/decode/ipv4.h"
#include "sensor/decode/ipv6.h"
#include "sensor/decode/link.h"
#include "sensor/decode/tcp.h"
#include "sensor/decode/tunnels.h"
#include "sensor/decode/udp.h"

namespace sekimori {
namespace {

constexpr std::uint32_t kUdpHeaderSize = 8;  // bytes

// Headers from the link to the innermost IP packet, each IP packet and each tunnel header being
// one. An operator's GTP over MPLS over Ethernet takes six; more is made to be walked.
constexpr int kMaxLayers = 16;

static_assert(kMaxLayers <= Fragments::kWholes, "each layer may be whole only now");

// How far into a frame the reading has come.
struct Walk {
  Content content;                     // not yet read
  Packet packet;                       // the IP packet read last
  std::optional<Packet> guess;         // the datagram around a tunnel that only its port suggests
  std::span<const Network> endpoints;  // of the tunnels to be walked; all when empty
  bool is_cut = false;  // by the capture: this frame, or one with a fragment of the packet
};

enum class Step : std::uint8_t { inward, done, held };

bool is_ip(EtherType type) noexcept {
  return type == EtherType::ipv4 || type == EtherType::ipv6;
}

Result<Content> parse_layer(const Content& content, std::uint16_t& vlan) noexcept {
  switch (content.type) {
    case EtherType::trans_ether_bridging: {
      const Result<LinkHeader> link = parse_ethernet(content.bytes);
      if (!link) return tl::unexpected{link.error()};
      if (vlan == 0) vlan = link->vlan;
      return link->content;
    }
    case EtherType::ppp:
      return parse_ppp(content.bytes);
    case EtherType::pppoe_session:
      return parse_pppoe(content.bytes);
    case EtherType::mpls:
    case EtherType::mpls_upstream:
      return parse_mpls(content.bytes);
    default:
      return tl::unexpected{Defect{Fault::unsupported, Layer::link, 0}};
  }
}

Packet packet_of(const IpHeader& ip, const Packet& around) noexcept {
  Packet packet;
  packet.time = around.time;
  packet.vlan = around.vlan;
  packet.vni = around.vni;
  packet.tunnelled = around.ip_length > 0;  // only what was read from an IP header has a length
  packet.source = ip.source;
  packet.destination = ip.destination;
  packet.protocol = ip.protocol;
  packet.ttl = ip.ttl;
  packet.dont_fragment = ip.dont_fragment;
  packet.identification = ip.source.is_v4() ? static_cast<std::uint16_t>(ip.identification) : 0;
  packet.fragments = ip.fragments;
  packet.ip_length = ip.length;
  return packet;
}

Result<Step> step_tcp(Walk& walk, const IpHeader& ip) noexcept {
  const Result<TcpSegment> tcp = parse_tcp(ip.payload, ip.payload_length);
  if (!tcp) return tl::unexpected{tcp.error()};
  Packet& packet = walk.packet;
  packet.source_port = tcp->source_port;
  packet.destination_port = tcp->destination_port;
  packet.checksum = tcp->checksum;
  packet.tcp = tcp->header;
  packet.payload = tcp->payload;
  packet.payload_length = tcp->payload_length;
  return Step::done;
}

bool may_be_tunnel(const Walk& walk, const IpHeader& ip) noexcept {
  return walk.endpoints.empty() ||
         std::any_of(walk.endpoints.begin(), walk.endpoints.end(), [&](const Network& network) {
           return network.contains(ip.source) || network.contains(ip.destination);
         });
}

Result<Step> step_udp(Walk& walk, const IpHeader& ip) noexcept {
  const Result<UdpHeader> udp = parse_udp(ip.payload);
  if (!udp) return tl::unexpected{udp.error()};
  Packet& packet = walk.packet;
  packet.source_port = udp->source_port;
  packet.destination_port = udp->destination_port;
  packet.checksum = udp->checksum;
  packet.payload = udp->payload;
  // The datagram cannot be longer than the packet that carries it, whatever its own length says.
  packet.payload_length =
      std::min(ip.payload_length, kUdpHeaderSize + udp->payload_length) - kUdpHeaderSize;

  if (!may_be_tunnel(walk, ip)) return Step::done;
  const Result<Content> inner =
      parse_udp_tunnel(udp->source_port, udp->destination_port, udp->payload);
  if (!inner) return Step::done;
  walk.guess = packet;
  walk.content = *inner;
  if (!packet.vni) packet.vni = inner->vni;
  return Step::inward;
}

// Puts the packet of a fragment in its place; false where it is not whole yet.
Result<bool> make_whole(Walk& walk, IpHeader& ip, Fragments& fragments) noexcept {
  const std::optional<IpHeader> whole = fragments.take(ip, walk.packet.time);
  if (!whole) return false;
  walk.is_cut = walk.is_cut || whole->payload.size() < whole->payload_length;
  ip = *whole;
  if (ip.source.is_v4()) return true;
  const Result<IpHeader> rest = parse_ipv6_rest(ip);
  if (!rest) return tl::unexpected{rest.error()};
  ip = *rest;
  return true;
}

// Takes one layer off.
Result<Step> step(Walk& walk, Fragments& fragments) noexcept {
  if (!is_ip(walk.content.type)) {
    const Result<Content> inner = parse_layer(walk.content, walk.packet.vlan);
    if (!inner) return tl::unexpected{inner.error()};
    walk.content = *inner;
    return Step::inward;
  }
  const bool is_v4 = walk.content.type == EtherType::ipv4;
  Result<IpHeader> ip = is_v4 ? parse_ipv4(walk.content.bytes) : parse_ipv6(walk.content.bytes);
  if (!ip) return tl::unexpected{ip.error()};
  if (ip->is_fragment) {
    const Result<bool> whole = make_whole(walk, *ip, fragments);
    if (!whole) return tl::unexpected{whole.error()};
    if (!*whole) return Step::held;
  }
  walk.packet = packet_of(*ip, walk.packet);
  if (ip->protocol == IpProtocol::tcp) return step_tcp(walk, *ip);
  if (ip->protocol == IpProtocol::udp) return step_udp(walk, *ip);

  if (!may_be_tunnel(walk, *ip)) return Step::done;
  const Result<Content> inner = parse_ip_tunnel(*ip);
  if (!inner) return Step::done;
  walk.content = *inner;
  return Step::inward;
}

Result<Step> walk_frame(Walk& walk, const PacketView& frame, Fragments& fragments) noexcept {
  const Result<LinkHeader> link = parse_link(frame.link, frame.bytes);
  if (!link) return tl::unexpected{link.error()};
  walk.content = link->content;
  walk.packet.time = frame.time;
  walk.packet.vlan = link->vlan;
  for (int layer = 0; layer < kMaxLayers; ++layer) {
    const Result<Step> taken = step(walk, fragments);
    if (!taken || *taken != Step::inward) return taken;
  }
  return tl::unexpected{Defect{Fault::unsupported, Layer::link, 0}};
}

}  // namespace

Result<std::optional<Packet>> Decoder::decode(const PacketView& frame) noexcept {
  Walk walk;
  walk.endpoints = endpoints_;
  walk.is_cut = frame.bytes.size() < frame.wire_length;
  const Result<Step> end = walk_frame(walk, frame, fragments_);
  if (end && *end == Step::held) return std::nullopt;
  if (end) return walk.packet;
  if (walk.guess) return *walk.guess;
  Defect defect = end.error();
  if (defect.fault == Fault::truncated && !walk.is_cut) defect.fault = Fault::malformed;
  return tl::unexpected{defect};
}

}  // namespace sekimori
