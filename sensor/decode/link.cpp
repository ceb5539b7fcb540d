#include "sensor/decode/link.h"

namespace sekimori {
namespace {

constexpr std::size_t kMacAddresses = 12;        // bytes
constexpr std::uint16_t kLeastEtherType = 1536;  // below, the field is an 802.3 length
constexpr std::uint16_t kVlanIdMask = 0x0fff;
constexpr std::uint8_t kSnap = 0xaa;
constexpr std::uint8_t kUnnumberedInformation = 0x03;

// Tags on one frame. Two are QinQ; more are seen where a mirror adds its own.
constexpr int kMaxTags = 8;

constexpr std::uint8_t kPppAllStations = 0xff;

enum class PppProtocol : std::uint16_t { ipv4 = 0x0021, ipv6 = 0x0057, mpls = 0x0281 };

tl::unexpected<Defect> unsupported(std::uint16_t offset) noexcept {
  return tl::unexpected{Defect{Fault::unsupported, Layer::link, offset}};
}

Bytes rest(Cursor& cursor) noexcept {
  return cursor.take(cursor.left());
}

// IEEE 802.2 with SNAP (RFC 1042); everything else in 802.3 frames is control traffic of bridges.
std::uint16_t snap_ether_type(Cursor& cursor) noexcept {
  const std::uint8_t destination = cursor.u8();
  const std::uint8_t source = cursor.u8();
  const std::uint8_t control = cursor.u8();
  const std::uint32_t organization = cursor.u24();
  const std::uint16_t type = cursor.u16();
  const bool is_snap = destination == kSnap && source == kSnap &&
                       control == kUnnumberedInformation && organization == 0;
  return is_snap ? type : std::uint16_t{0};
}

// Reads tags up to the type of what they wrap. Type 0 (reserved) stands for "not to be read".
LinkHeader unwrap_tags(std::uint16_t type, Cursor& cursor) noexcept {
  std::uint16_t vlan = 0;
  for (int tags = 0; tags < kMaxTags; ++tags) {
    switch (EtherType{type}) {
      case EtherType::vlan:
      case EtherType::provider_bridging:
      case EtherType::qinq: {
        const std::uint16_t id = cursor.u16() & kVlanIdMask;
        if (vlan == 0) vlan = id;
        break;
      }
      case EtherType::cisco_metadata:
        cursor.skip(6);  // version, length, option type, security group tag
        break;
      default:
        if (type < kLeastEtherType) type = snap_ether_type(cursor);
        return LinkHeader{{EtherType{type}, rest(cursor)}, vlan};
    }
    type = cursor.u16();
  }
  return LinkHeader{{EtherType{0}, {}}, vlan};
}

Result<LinkHeader> finish(const Cursor& cursor, const LinkHeader& header, std::uint16_t at) {
  if (cursor.ok() && header.content.type == EtherType{0}) return unsupported(at);
  return cursor.finish(Layer::link, header);
}

// LINKTYPE_LINUX_SLL: packet type, ARPHRD, address length, address (8), protocol.
Result<LinkHeader> parse_linux_cooked(Bytes frame) noexcept {
  constexpr std::uint16_t protocol_offset = 14;
  Cursor cursor{frame};
  cursor.skip(protocol_offset);
  const std::uint16_t type = cursor.u16();
  return finish(cursor, unwrap_tags(type, cursor), protocol_offset);
}

// LINKTYPE_LINUX_SLL2: protocol, reserved, interface, ARPHRD, packet type, address length,
// address (8).
Result<LinkHeader> parse_linux_cooked_v2(Bytes frame) noexcept {
  Cursor cursor{frame};
  const std::uint16_t type = cursor.u16();
  cursor.skip(18);
  return finish(cursor, unwrap_tags(type, cursor), 0);
}

// The address family is the capturing host's AF_INET (2 everywhere) or AF_INET6 (24, 28 or 30 on
// the BSDs, 10 on Linux), in its byte order: it fits one byte, so the order need not be known.
Result<LinkHeader> parse_loopback(Bytes frame) noexcept {
  Cursor cursor{frame};
  const std::uint32_t family = cursor.u32();
  const Bytes packet = rest(cursor);
  const std::uint32_t number = family > 0xffff ? family >> 24U : family;
  const bool is_one_byte = number <= 0xff && (family == number || family == number << 24U);
  if (cursor.ok() && !is_one_byte) return unsupported(0);
  switch (number) {
    case 2:
      return cursor.finish(Layer::link, LinkHeader{{EtherType::ipv4, packet}});
    case 10:
    case 24:
    case 28:
    case 30:
      return cursor.finish(Layer::link, LinkHeader{{EtherType::ipv6, packet}});
    default:
      if (cursor.ok()) return unsupported(0);
      return cursor.reject(Layer::link, 0);
  }
}

Result<LinkHeader> untagged(const Result<Content>& content) noexcept {
  if (!content) return tl::unexpected{content.error()};
  return LinkHeader{*content};
}

}  // namespace

Result<LinkHeader> parse_ethernet(Bytes frame) noexcept {
  Cursor cursor{frame};
  cursor.skip(kMacAddresses);
  const std::uint16_t type = cursor.u16();
  return finish(cursor, unwrap_tags(type, cursor), kMacAddresses);
}

Result<Content> parse_ppp(Bytes frame) noexcept {
  Cursor cursor{frame};
  std::uint16_t protocol = cursor.u8();
  if (protocol == kPppAllStations) {  // HDLC-like framing (RFC 1662, section 3.1)
    cursor.skip(1);
    protocol = cursor.u8();
  }
  // An odd first byte is the whole field, compressed (RFC 1661, section 6.5).
  if ((protocol & 1U) == 0) protocol = static_cast<std::uint16_t>(protocol << 8U | cursor.u8());
  const Bytes packet = rest(cursor);
  switch (PppProtocol{protocol}) {
    case PppProtocol::ipv4:
      return cursor.finish(Layer::link, Content{EtherType::ipv4, packet});
    case PppProtocol::ipv6:
      return cursor.finish(Layer::link, Content{EtherType::ipv6, packet});
    case PppProtocol::mpls:
      return cursor.finish(Layer::link, Content{EtherType::mpls, packet});
  }
  if (cursor.ok()) return unsupported(0);
  return cursor.reject(Layer::link, 0);
}

Result<Content> parse_bare_ip(Bytes packet) noexcept {
  Cursor cursor{packet};
  const std::uint8_t version = cursor.u8() >> 4U;
  if (version == 4) return Content{EtherType::ipv4, packet};
  if (version == 6) return Content{EtherType::ipv6, packet};
  return cursor.reject(Layer::link, 0);
}

Result<LinkHeader> parse_link(LinkType link, Bytes frame) noexcept {
  switch (link) {
    case LinkType::ethernet:
      return parse_ethernet(frame);
    case LinkType::null_loopback:
    case LinkType::openbsd_loopback:
      return parse_loopback(frame);
    case LinkType::raw_ip_bsd:
    case LinkType::raw_ip_openbsd:
    case LinkType::raw_ip:
      return untagged(parse_bare_ip(frame));
    case LinkType::linux_cooked:
      return parse_linux_cooked(frame);
    case LinkType::linux_cooked_v2:
      return parse_linux_cooked_v2(frame);
    case LinkType::ipv4:
      return LinkHeader{{EtherType::ipv4, frame}};
    case LinkType::ipv6:
      return LinkHeader{{EtherType::ipv6, frame}};
    case LinkType::ppp:
      return untagged(parse_ppp(frame));
  }
  return unsupported(0);
}

}  // namespace sekimori
