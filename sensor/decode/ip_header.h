#pragma once

#include <cstdint>

#include "sensor/decode/packet.h"

namespace sekimori {

// What IPv4 and IPv6 headers both say.
struct IpHeader {
  IpAddress source;
  IpAddress destination;
  IpProtocol protocol{};  // after IPv6 extension headers
  std::uint8_t ttl = 0;
  std::uint16_t identification = 0;  // of IPv4; 0 for IPv6, where only fragments have one
  bool dont_fragment = false;
  std::uint32_t length = 0;  // bytes of the packet, header included, as declared
  Bytes payload;             // after header and extensions; link padding cut off
  std::uint32_t payload_length =
      0;  // as declared; more than payload.size() when the capture is cut
};

}  // namespace sekimori
