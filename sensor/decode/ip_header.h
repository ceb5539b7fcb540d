#pragma once

#include <cstdint>

#include "sensor/decode/packet.h"

namespace sekimori {

// What IPv4 and IPv6 headers both say, of a packet or of a fragment of one.
struct IpHeader {
  IpAddress source;
  IpAddress destination;
  IpProtocol protocol{};  // after IPv6 extension headers
  std::uint8_t ttl = 0;
  bool dont_fragment = false;
  std::uint32_t length = 0;  // bytes of the packet, header included, as declared
  Bytes payload;             // after header and extensions; link padding cut off
  std::uint32_t payload_length =
      0;  // as declared; more than payload.size() when the capture is cut

  std::uint32_t identification = 0;  // of IPv4, and of IPv6 where there is a Fragment header
  std::uint32_t fragments = 1;       // packets on the wire that it was put together from
  // A fragment, which is neither the whole packet (RFC 6946) nor empty: its payload is part of the
  // packet's, and for IPv6 `protocol` is what the packet's payload begins with.
  bool is_fragment = false;
  bool more_fragments = false;
  std::uint32_t fragment_offset = 0;  // bytes
};

}  // namespace sekimori
