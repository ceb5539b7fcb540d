#pragma once

#include <cstdint>
#include <optional>

#include "core/bytes/inline_text.h"
#include "core/net/ip_address.h"

namespace sekimori {

// One side of a flow; the port is absent where the transport has none.
struct FlowEnd {
  IpAddress ip;
  std::optional<std::uint16_t> port;
};

// Community ID version 1, seed 0 (github.com/corelight/community-id-spec): "1:" and the SHA-1 of
// the ordered flow in base64; the same for both directions. Empty when the two addresses are not of
// one family, or for ICMP, whose ID needs a type and a code that no record holds.
using CommunityId = InlineText<32>;
CommunityId community_id(std::uint8_t protocol, const FlowEnd& one, const FlowEnd& other) noexcept;

}  // namespace sekimori
