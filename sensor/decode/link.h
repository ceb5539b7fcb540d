#pragma once

#include <cstdint>
#include <optional>

#include "sensor/capture/packet_view.h"

namespace sekimori {

// What follows a header, in the one set of names that every link and tunnel header here shares.
enum class EtherType : std::uint16_t {
  ipv4 = 0x0800,
  trans_ether_bridging = 0x6558,  // a whole Ethernet frame (RFC 1701, RFC 8926)
  vlan = 0x8100,                  // IEEE 802.1Q
  ppp = 0x880b,
  ipv6 = 0x86dd,
  mpls = 0x8847,
  mpls_upstream = 0x8848,
  pppoe_session = 0x8864,
  provider_bridging = 0x88a8,  // IEEE 802.1ad
  cisco_metadata = 0x8909,     // carries a security group tag in front of the real type
  qinq = 0x9100,               // what switches used before 802.1ad
};

// Bytes and what they are.
struct Content {
  EtherType type;                      // may hold numbers that EtherType does not name
  Bytes bytes;                         // borrowed from the frame
  std::optional<std::uint32_t> vni{};  // network identifier of the VXLAN or Geneve around it
};

struct LinkHeader {
  Content content;         // may end in link padding
  std::uint16_t vlan = 0;  // outermost VLAN id, 1 to 4094; 0 when untagged or only prioritised
};

// A frame as its capture file or interface gives it. `unsupported` for other links and for what
// carries no EtherType (802.2 without SNAP).
Result<LinkHeader> parse_link(LinkType link, Bytes frame) noexcept;

// IEEE 802.3, with tags and with LLC and SNAP.
Result<LinkHeader> parse_ethernet(Bytes frame) noexcept;

// IEEE 802.11 with LLC and SNAP. `unsupported` for frames that carry no data, or hide it.
Result<LinkHeader> parse_ieee80211(Bytes frame) noexcept;

// The protocol field of PPP (RFC 1661, section 2) and what follows it: IPv4, IPv6 or MPLS.
Result<Content> parse_ppp(Bytes frame) noexcept;

// IPv4 or IPv6 by its version field, where the link names neither. `malformed` for other versions.
Result<Content> parse_bare_ip(Bytes packet) noexcept;

}  // namespace sekimori
