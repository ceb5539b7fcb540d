#pragma once

#include <chrono>
#include <cstdint>

#include "core/bytes/cursor.h"
#include "core/text/timestamp.h"

namespace sekimori {

// How a frame begins: libpcap's DLT_ numbers as tcpdump.org's LINKTYPE_ registry gives them.
enum class LinkType : std::uint16_t {
  null_loopback = 0,  // four bytes of address family, in the byte order of the capturing host
  ethernet = 1,
  ppp = 9,          // with or without address and control
  raw_ip_bsd = 12,  // DLT_RAW where it is 12
  raw_ip_openbsd = 14,
  ppp_hdlc = 50,  // RFC 1662 framing, or Cisco's HDLC
  raw_ip = 101,
  cisco_hdlc = 104,
  ieee802_11 = 105,
  openbsd_loopback = 108,  // the same four bytes in network order
  linux_cooked = 113,
  ieee802_11_radiotap = 127,
  per_packet_information = 192,  // CACE PPI: a header that names another link type
  ipv4 = 228,
  ipv6 = 229,
  nflog = 239,  // netfilter's, as type, length and value
  linux_cooked_v2 = 276,
};

// Whether it is one of the above, which decode reads.
bool is_named(LinkType link) noexcept;

// The longest frame any source yields, in bytes: libpcap's own limit on a snapshot (262,144), four
// times what an IP packet without a jumbo payload can be.
inline constexpr std::size_t kMaxFrameSize = std::size_t{256} * 1024;

// Frames are stamped between these, the years 1823 and 2116: half of what Timestamp holds, so that
// the distance between any two can be counted. A file may say anything else.
inline constexpr Timestamp kEarliestFrame{-std::chrono::nanoseconds{(std::int64_t{1} << 62U) - 1}};
inline constexpr Timestamp kLatestFrame{std::chrono::nanoseconds{(std::int64_t{1} << 62U) - 1}};

// One captured frame, borrowed from its source: valid until the source yields the next one.
struct PacketView {
  Bytes bytes;                    // what was captured
  std::uint32_t wire_length = 0;  // bytes on the wire; more than were captured when snaplen cut it
  Timestamp time;                 // when the frame passed the tap; kEarliestFrame to kLatestFrame
  LinkType link = LinkType::ethernet;
};

}  // namespace sekimori
