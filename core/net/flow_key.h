#pragma once

#include <cstdint>

#include "core/net/ip_address.h"

namespace sekimori {

// Two ends and a protocol, the same whichever end sent the packet: `low` is the smaller address,
// and of equal addresses the smaller port. Which end is the client is the flow's knowledge.
struct FlowKey {
  IpAddress low;
  IpAddress high;
  std::uint16_t low_port = 0;  // zero where the protocol has no ports
  std::uint16_t high_port = 0;
  std::uint8_t protocol = 0;  // IANA

  friend bool operator==(const FlowKey&, const FlowKey&) noexcept = default;
};

// Depends on the seed alone, so that a replay deals flows out as the last one did.
std::uint64_t hash_of(const FlowKey& key, std::uint64_t seed) noexcept;

}  // namespace sekimori
