#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tests/bench/mix_templates.h"

namespace sekimori {

inline constexpr std::size_t kRecordHeaderSize = 16;  // bytes, of a pcap record
// What a frame of the mix may carry: an IP packet is at most 65,535 bytes.
inline constexpr std::size_t kMostPayload = 65000;  // bytes

// Who replays a flow.
struct MixClient {
  std::uint32_t number = 0;  // below 2^24: the host part of 10/8, or of 2001:db8::/104
  std::uint16_t port = 0;
};

// An Ethernet frame without padding, in bytes, of which `payload` bytes are its payload.
std::size_t frame_size(const FlowTemplate& flow, const TemplatePacket& packet,
                       std::size_t payload) noexcept;

// Writes the packet as `client` would have sent or received it, checksums and all, over `frame`.
// `bytes` are those that the template points into.
void write_frame(const FlowTemplate& flow, const TemplatePacket& packet, const MixClient& client,
                 Bytes bytes, std::vector<std::uint8_t>& frame);

}  // namespace sekimori
