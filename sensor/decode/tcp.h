#pragma once

#include "sensor/decode/packet.h"

namespace sekimori {

struct TcpSegment {
  std::uint16_t source_port;
  std::uint16_t destination_port;
  std::uint16_t checksum;  // as sent, not verified
  TcpHeader header;        // its options are borrowed from the segment
  Bytes payload;           // borrowed; what was captured of it
};

// RFC 9293, section 3.1. Takes what IP carried, without link padding.
Result<TcpSegment> parse_tcp(Bytes segment) noexcept;

}  // namespace sekimori
