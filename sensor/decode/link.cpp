#include "sensor/decode/link.h"

#include <algorithm>
#include <utility>

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

Result<LinkHeader> untagged(const Result<Content>& content) noexcept {
  if (!content) return tl::unexpected{content.error()};
  return LinkHeader{*content};
}

// Cisco's HDLC: unicast or multicast, a zero, an EtherType.
constexpr std::uint8_t kHdlcUnicast = 0x0f;
constexpr std::uint8_t kHdlcMulticast = 0x8f;

Result<LinkHeader> parse_cisco_hdlc(Bytes frame) noexcept {
  Cursor cursor{frame};
  cursor.skip(2);
  const std::uint16_t type = cursor.u16();
  return finish(cursor, unwrap_tags(type, cursor), 2);
}

// A serial line carries either; the first byte tells (libpcap does the same).
Result<LinkHeader> parse_serial_line(Bytes frame) noexcept {
  Cursor cursor{frame};
  const std::uint8_t address = cursor.u8();
  if (address == kHdlcUnicast || address == kHdlcMulticast) return parse_cisco_hdlc(frame);
  return untagged(parse_ppp(frame));
}

std::uint16_t little_u16(Cursor& cursor) noexcept {
  const std::uint8_t low = cursor.u8();
  return static_cast<std::uint16_t>(low | cursor.u8() << 8U);
}

// Version, padding, length of the header in little-endian order, then what is of no use here.
Result<LinkHeader> parse_radiotap(Bytes frame) noexcept {
  constexpr std::size_t fixed_size = 4;
  Cursor cursor{frame};
  cursor.skip(2);
  const std::size_t size = little_u16(cursor);
  if (size < fixed_size) return cursor.reject(Layer::link, 2);
  cursor.skip(size - fixed_size);
  const Bytes inner = rest(cursor);
  if (!cursor.ok()) return cursor.reject(Layer::link, 0);
  return parse_ieee80211(inner);
}

// Version, flags, length of the header, link type; all in little-endian order.
Result<LinkHeader> parse_per_packet_information(Bytes frame) noexcept {
  constexpr std::size_t fixed_size = 8;
  Cursor cursor{frame};
  cursor.skip(2);
  const std::size_t size = little_u16(cursor);
  const auto link = LinkType{little_u16(cursor)};
  if (little_u16(cursor) != 0 || link == LinkType::per_packet_information) {
    return cursor.ok() ? unsupported(4) : cursor.reject(Layer::link, 0);
  }
  if (size < fixed_size) return cursor.reject(Layer::link, 2);
  cursor.skip(size - fixed_size);
  const Bytes inner = rest(cursor);
  if (!cursor.ok()) return cursor.reject(Layer::link, 0);
  return parse_link(link, inner);
}

// Address family, version, resource, then attributes in the byte order of the host, which is taken
// for little-endian; each is padded to four bytes.
Result<LinkHeader> parse_nflog(Bytes frame) noexcept {
  constexpr std::uint16_t payload_attribute = 9;
  constexpr std::size_t head_size = 4;
  Cursor cursor{frame};
  cursor.skip(4);
  while (cursor.left() > 0) {
    const auto at = static_cast<std::uint16_t>(frame.size() - cursor.left());
    const std::size_t size = little_u16(cursor);
    const std::uint16_t type = little_u16(cursor);
    if (size < head_size) return cursor.reject(Layer::link, at);
    const Bytes value = cursor.take(
        type == payload_attribute ? std::min(cursor.left(), size - head_size) : size - head_size);
    if (cursor.ok() && type == payload_attribute) {
      return untagged(parse_bare_ip(value));
    }
    cursor.skip(std::min(cursor.left(), (head_size - size % head_size) % head_size));
  }
  return tl::unexpected{Defect{Fault::truncated, Layer::link, 0}};
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

}  // namespace

Result<LinkHeader> parse_ethernet(Bytes frame) noexcept {
  Cursor cursor{frame};
  cursor.skip(kMacAddresses);
  const std::uint16_t type = cursor.u16();
  return finish(cursor, unwrap_tags(type, cursor), kMacAddresses);
}

Result<LinkHeader> parse_ieee80211(Bytes frame) noexcept {
  constexpr std::uint8_t type_and_version = 0x0f;
  constexpr std::uint8_t data = 0x08;
  constexpr std::uint8_t without_data = 0x40;  // of the subtype: null frames
  constexpr std::uint8_t quality_of_service = 0x80;
  constexpr std::uint8_t both_ways = 0x03;  // to and from the distribution system
  constexpr std::uint8_t is_protected = 0x40;
  constexpr std::uint8_t has_ht_control = 0x80;
  Cursor cursor{frame};
  std::uint8_t kind = cursor.u8();
  std::uint8_t flags = cursor.u8();
  // Cisco's controllers swap the two (seen in CAPWAP); no version of 802.11 but 0 exists.
  if ((kind & type_and_version) != data) std::swap(kind, flags);
  cursor.skip(22);  // duration, three addresses, sequence control
  if ((flags & both_ways) == both_ways) cursor.skip(6);
  if ((kind & quality_of_service) != 0) cursor.skip((flags & has_ht_control) != 0 ? 6 : 2);
  const bool readable = (kind & type_and_version) == data && (kind & without_data) == 0 &&
                        (flags & is_protected) == 0;
  if (cursor.ok() && !readable) return unsupported(0);
  const std::uint16_t type = snap_ether_type(cursor);
  return finish(cursor, unwrap_tags(type, cursor), 0);
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
    case LinkType::ppp_hdlc:
      return parse_serial_line(frame);
    case LinkType::cisco_hdlc:
      return parse_cisco_hdlc(frame);
    case LinkType::ieee802_11:
      return parse_ieee80211(frame);
    case LinkType::ieee802_11_radiotap:
      return parse_radiotap(frame);
    case LinkType::per_packet_information:
      return parse_per_packet_information(frame);
    case LinkType::nflog:
      return parse_nflog(frame);
  }
  return unsupported(0);
}

}  // namespace sekimori
