#pragma once

#include "sensor/decode/packet.h"

namespace sekimori {

struct TcpSegment {
  std::uint16_t source_port;
  std::uint16_t destination_port;
  std::uint16_t checksum;        // as sent, not verified
  TcpHeader header;              // its options are borrowed from the segment
  Bytes payload;                 // borrowed; what was captured of it
  std::uint32_t payload_length;  // bytes declared; more than payload.size() when the capture is cut
};

// RFC 9293, section 3.1. Takes what IP carried, without link padding, and how long it was when that
// is more than was captured. Where the capture ends amid the options, those before its end are
// given: the header's fixed part is what connections are followed by.
Result<TcpSegment> parse_tcp(Bytes segment, std::uint32_t declared) noexcept;

}  // namespace sekimori
