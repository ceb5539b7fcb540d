#pragma once

#include <cstdint>

#include "core/bytes/cursor.h"

namespace sekimori {

// RFC 768.
struct UdpHeader {
  std::uint16_t source_port;
  std::uint16_t destination_port;
  std::uint16_t payload_length;  // bytes declared; more than payload.size() when the capture is cut
  std::uint16_t checksum;        // as sent, not verified; 0 where the sender gave none
  Bytes payload;  // borrowed from the frame; ends where Length says, so never link padding
};

Result<UdpHeader> parse_udp(Bytes datagram) noexcept;

}  // namespace sekimori
