#include "sensor/decode/tunnels.h"

#include <algorithm>

namespace sekimori {
namespace {

// Labels of one stack, or extension headers of one GTP packet. Networks push two or three.
constexpr int kMaxChain = 8;

// IANA's registered ports; Linux sent VXLAN to 8472 before there was one, and still does by
// default.
enum class Port : std::uint16_t {
  gtp_u = 2152,
  teredo = 3544,
  vxlan = 4789,
  capwap_data = 5247,
  geneve = 6081,
  vxlan_linux = 8472
};

constexpr std::uint8_t kPppoeVersionAndType = 0x11;

constexpr std::uint8_t kBottomOfStack = 0x01;

constexpr std::uint16_t kGreChecksum = 0x8000;
constexpr std::uint16_t kGreRouting = 0x4000;
constexpr std::uint16_t kGreKey = 0x2000;
constexpr std::uint16_t kGreSequence = 0x1000;
constexpr std::uint16_t kGreAcknowledgment = 0x0080;  // version 1 only
constexpr std::uint16_t kGreVersion = 0x0007;

// Protocol types that only GRE carries.
enum class GreType : std::uint16_t { erspan = 0x88be, erspan_3 = 0x22eb };
constexpr std::uint8_t kErspan3Subheader = 0x01;

constexpr std::uint8_t kVxlanHasIdentifier = 0x08;

constexpr std::uint8_t kGtpVersionMask = 0xf0;  // version and protocol type
constexpr std::uint8_t kGtpVersion1 = 0x30;
constexpr std::uint8_t kGtpHasOptions = 0x07;  // extension, sequence number, N-PDU number
constexpr std::uint8_t kGtpHasExtension = 0x04;
constexpr std::uint8_t kGtpPacket = 255;  // message type G-PDU

tl::unexpected<Defect> unsupported(std::uint16_t offset) noexcept {
  return tl::unexpected{Defect{Fault::unsupported, Layer::link, offset}};
}

Bytes rest(Cursor& cursor) noexcept {
  return cursor.take(cursor.left());
}

Result<Content> wrapped(EtherType type, Cursor& cursor) noexcept {
  const Bytes bytes = rest(cursor);
  return cursor.finish(Layer::link, Content{type, bytes});
}

// What tunnels by EtherType may carry.
Result<Content> named(std::uint16_t type, Cursor& cursor, std::uint16_t type_offset) noexcept {
  switch (EtherType{type}) {
    case EtherType::ipv4:
    case EtherType::ipv6:
    case EtherType::trans_ether_bridging:
    case EtherType::mpls:
      return wrapped(EtherType{type}, cursor);
    default:
      if (cursor.ok()) return unsupported(type_offset);
      return cursor.reject(Layer::link, 0);
  }
}

Result<Content> within(std::uint32_t vni, Result<Content> content) noexcept {
  if (content) content->vni = vni;
  return content;
}

}  // namespace

Result<Content> parse_pppoe(Bytes session) noexcept {
  Cursor cursor{session};
  const std::uint8_t version_and_type = cursor.u8();
  const std::uint8_t code = cursor.u8();
  cursor.skip(2);  // session identifier
  const std::size_t length = cursor.u16();
  const Bytes payload = cursor.take(std::min(cursor.left(), length));
  if (version_and_type != kPppoeVersionAndType) return cursor.reject(Layer::link, 0);
  if (cursor.ok() && code != 0) return unsupported(1);
  return cursor.finish(Layer::link, Content{EtherType::ppp, payload});
}

Result<Content> parse_mpls(Bytes stack) noexcept {
  Cursor cursor{stack};
  bool is_bottom = false;
  for (int label = 0; label < kMaxChain && cursor.ok() && !is_bottom; ++label) {
    cursor.skip(2);
    is_bottom = (cursor.u8() & kBottomOfStack) != 0;
    cursor.skip(1);  // time to live
  }
  if (cursor.ok() && !is_bottom) return unsupported(0);
  const Bytes packet = rest(cursor);
  // The labels' meaning is known to routers only; the first four bits tell (RFC 4928).
  Cursor inner{packet};
  const std::uint8_t version = inner.u8() >> 4U;
  if (!cursor.ok() || !inner.ok()) {
    return tl::unexpected{Defect{Fault::truncated, Layer::link, 0}};
  }
  if (version == 4) return Content{EtherType::ipv4, packet};
  if (version == 6) return Content{EtherType::ipv6, packet};
  if (version != 0) return unsupported(0);
  inner.skip(3);
  return wrapped(EtherType::trans_ether_bridging, inner);
}

Result<Content> parse_gre(Bytes packet) noexcept {
  Cursor cursor{packet};
  const std::uint16_t flags = cursor.u16();
  const std::uint16_t type = cursor.u16();
  const unsigned version = flags & kGreVersion;
  if (version > 1) return cursor.reject(Layer::link, 0);
  if ((flags & kGreRouting) != 0) return unsupported(0);  // RFC 1701; long out of use
  if ((flags & kGreChecksum) != 0) cursor.skip(4);
  if ((flags & kGreKey) != 0) cursor.skip(4);
  if ((flags & kGreSequence) != 0) cursor.skip(4);
  if (version == 1) {
    if ((flags & kGreAcknowledgment) != 0) cursor.skip(4);
    if (cursor.ok() && EtherType{type} != EtherType::ppp) return unsupported(2);
    // PPTP sends bare acknowledgments.
    if (cursor.ok() && (flags & kGreSequence) == 0) return unsupported(0);
    return wrapped(EtherType::ppp, cursor);
  }
  switch (GreType{type}) {
    case GreType::erspan:
      // Type I has neither sequence number nor header of its own.
      if ((flags & kGreSequence) != 0) cursor.skip(8);
      return wrapped(EtherType::trans_ether_bridging, cursor);
    case GreType::erspan_3: {
      cursor.skip(11);
      if ((cursor.u8() & kErspan3Subheader) != 0) cursor.skip(8);
      return wrapped(EtherType::trans_ether_bridging, cursor);
    }
  }
  return named(type, cursor, 2);
}

Result<Content> parse_vxlan(Bytes datagram) noexcept {
  Cursor cursor{datagram};
  const std::uint8_t flags = cursor.u8();
  cursor.skip(3);  // reserved bits, to be ignored
  const std::uint32_t vni = cursor.u24();
  cursor.skip(1);
  if ((flags & kVxlanHasIdentifier) == 0) return cursor.reject(Layer::link, 0);
  return within(vni, wrapped(EtherType::trans_ether_bridging, cursor));
}

Result<Content> parse_geneve(Bytes datagram) noexcept {
  Cursor cursor{datagram};
  const std::uint8_t first = cursor.u8();
  cursor.skip(1);
  const std::uint16_t type = cursor.u16();
  const std::uint32_t vni = cursor.u24();
  cursor.skip(1);
  cursor.skip(std::size_t{4} * (first & 0x3fU));  // options, in 4-byte units
  if (first >> 6U != 0) return cursor.reject(Layer::link, 0);
  return within(vni, named(type, cursor, 2));
}

Result<Content> parse_gtp_u(Bytes datagram) noexcept {
  Cursor cursor{datagram};
  const std::uint8_t flags = cursor.u8();
  const std::uint8_t message = cursor.u8();
  cursor.skip(6);  // length, tunnel endpoint identifier
  if ((flags & kGtpVersionMask) != kGtpVersion1) return cursor.reject(Layer::link, 0);
  if (cursor.ok() && message != kGtpPacket) return unsupported(1);

  std::uint8_t extension = 0;
  if ((flags & kGtpHasOptions) != 0) {
    cursor.skip(3);
    extension = cursor.u8();
  }
  if ((flags & kGtpHasExtension) == 0) extension = 0;
  for (int count = 0; extension != 0; ++count) {
    if (count == kMaxChain) return unsupported(0);
    const std::size_t length = cursor.u8() * std::size_t{4};
    if (length == 0) return cursor.reject(Layer::link, 0);
    cursor.skip(length - 2);
    extension = cursor.u8();
  }
  const Bytes packet = rest(cursor);
  if (!cursor.ok()) return cursor.reject(Layer::link, 0);
  return parse_bare_ip(packet);
}

Result<Content> parse_teredo(Bytes datagram) noexcept {
  constexpr std::uint16_t origin = 0x0000;
  constexpr std::uint16_t authentication = 0x0001;
  Bytes packet = datagram;
  for (int indicators = 0; indicators < 2; ++indicators) {
    Cursor cursor{packet};
    const std::uint16_t kind = cursor.u16();
    if (kind == origin) {
      cursor.skip(6);  // port and address
    } else if (kind == authentication) {
      const std::size_t client = cursor.u8();
      const std::size_t value = cursor.u8();
      cursor.skip(client + value + 9);  // nonce and confirmation
    } else {
      break;
    }
    packet = rest(cursor);
    if (!cursor.ok()) return cursor.reject(Layer::link, 0);
  }
  const Result<Content> inner = parse_bare_ip(packet);
  if (inner && inner->type != EtherType::ipv6) return unsupported(0);
  return inner;
}

Result<Content> parse_capwap(Bytes datagram) noexcept {
  constexpr std::uint8_t native = 0x01;  // the frame is of the wireless binding's kind
  constexpr std::uint8_t binding_mask = 0x3e;
  constexpr std::uint8_t binding_802_11 = 0x02;
  constexpr std::uint8_t fragment_or_keep_alive = 0x88;
  Cursor cursor{datagram};
  const std::uint8_t preamble = cursor.u8();
  const std::size_t size = std::size_t{4} * (cursor.u8() >> 3U);
  const std::uint8_t binding = cursor.u8();
  const std::uint8_t flags = cursor.u8();
  if (preamble != 0) return cursor.reject(Layer::link, 0);  // a DTLS header, or another version
  if (size < 8) return cursor.reject(Layer::link, 1);
  if (cursor.ok() && (flags & fragment_or_keep_alive) != 0) return unsupported(3);
  cursor.skip(size - 4);
  if ((binding & native) == 0) return wrapped(EtherType::trans_ether_bridging, cursor);
  if (cursor.ok() && (binding & binding_mask) != binding_802_11) return unsupported(2);
  const Bytes frame = rest(cursor);
  if (!cursor.ok()) return cursor.reject(Layer::link, 0);
  const Result<LinkHeader> link = parse_ieee80211(frame);
  if (!link) return tl::unexpected{link.error()};
  return link->content;
}

Result<Content> parse_ip_tunnel(const IpHeader& ip) noexcept {
  switch (ip.protocol) {
    case IpProtocol::ipv4:
      return Content{EtherType::ipv4, ip.payload};
    case IpProtocol::ipv6:
      return Content{EtherType::ipv6, ip.payload};
    case IpProtocol::mpls_in_ip:
      return Content{EtherType::mpls, ip.payload};
    case IpProtocol::gre:
      return parse_gre(ip.payload);
    default:
      return unsupported(0);
  }
}

Result<Content> parse_udp_tunnel(std::uint16_t source_port, std::uint16_t destination_port,
                                 Bytes datagram) noexcept {
  // The source port of VXLAN and Geneve is a hash of what is inside.
  switch (Port{destination_port}) {
    case Port::vxlan:
    case Port::vxlan_linux:
      return parse_vxlan(datagram);
    case Port::geneve:
      return parse_geneve(datagram);
    case Port::gtp_u:
      return parse_gtp_u(datagram);
    case Port::teredo:
      return parse_teredo(datagram);
    case Port::capwap_data:
      return parse_capwap(datagram);
  }
  if (Port{source_port} == Port::gtp_u) return parse_gtp_u(datagram);
  if (Port{source_port} == Port::teredo) return parse_teredo(datagram);
  if (Port{source_port} == Port::capwap_data) return parse_capwap(datagram);
  return unsupported(0);
}

}  // namespace sekimori
