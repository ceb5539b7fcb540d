#pragma once

#include <cstdint>
#include <optional>

#include "core/bytes/cursor.h"
#include "core/net/ip_address.h"
#include "core/text/timestamp.h"

namespace sekimori {

// IANA protocol numbers that are told apart here.
enum class IpProtocol : std::uint8_t {
  icmp = 1,
  ipv4 = 4,  // a packet in a packet (RFC 2003)
  tcp = 6,
  udp = 17,
  ipv6 = 41,  // RFC 4213
  gre = 47,
  esp = 50,
  ah = 51,
  icmpv6 = 58,
  sctp = 132,
  mpls_in_ip = 137,  // RFC 4023
};

// RFC 9293, section 3.1; the bits as they stand in the header's fourteenth byte.
enum TcpFlag : std::uint8_t {
  kFin = 0x01,
  kSyn = 0x02,
  kRst = 0x04,
  kPsh = 0x08,
  kAck = 0x10,
  kUrg = 0x20,
  kEce = 0x40,
  kCwr = 0x80,
};

// RFC 9293. The options stay borrowed: only a SYN's are ever read.
struct TcpHeader {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgment = 0;
  std::uint16_t window = 0;  // as sent, not scaled
  std::uint8_t flags = 0;    // TcpFlag
  Bytes options;             // borrowed from the frame; what was captured of them
};

// What the stages after decode see of one frame: the innermost IP packet. Fields by value; payload
// and options are borrowed, from the frame or from the decoder, and end with the next frame.
struct Packet {
  Timestamp time;
  IpAddress source;
  IpAddress destination;
  std::uint16_t source_port = 0;  // zero where the protocol has none
  std::uint16_t destination_port = 0;
  IpProtocol protocol{};             // may hold numbers that IpProtocol does not name
  std::uint8_t ttl = 0;              // or hop limit
  bool dont_fragment = false;        // IPv4 DF; false for IPv6, where the bit does not exist
  std::uint16_t identification = 0;  // IPv4's; 0 for IPv6
  std::uint16_t checksum = 0;        // of TCP or UDP as sent, not verified
  std::uint16_t vlan = 0;            // outermost VLAN id (1 to 4094); 0 when untagged
  std::optional<std::uint32_t> vni;  // outermost VXLAN or Geneve network identifier, 24 bits
  bool tunnelled = false;            // it came inside another IP packet
  std::uint32_t fragments = 1;       // IP packets on the wire that it was put together from
  std::uint32_t ip_length = 0;       // bytes of those packets, headers included, as declared
  TcpHeader tcp;                     // meaningful when protocol is tcp
  Bytes payload;                     // of TCP or UDP: captured bytes, link padding already cut off
  std::uint32_t payload_length = 0;  // bytes declared; more than payload.size() when snaplen cut it
};

}  // namespace sekimori
