#pragma once

#include <cstdint>
#include <span>

#include "tests/demo/plan.h"

namespace sekimori {

// Where one client's frames were recorded, and where they go. Borrows from the plan.
struct Move {
  const PlanAddress& client_from;
  const PlanAddress& client_to;
  const PlanAddress& server_from;
  const PlanAddress& server_to;
  std::uint8_t hops;  // taken off the client's TTL, as the routers of the new place would
};

// Rewrites an Ethernet frame in place: link and IP addresses, the client's TTL or hop limit, and
// the checksums of IPv4 (RFC 791), TCP (RFC 9293) and UDP (RFC 768, RFC 8200 section 8.1).
// Everything else stays as the client sent it. Throws std::runtime_error when the frame is none of
// this client's unfragmented TCP or UDP.
void move_frame(std::span<std::uint8_t> frame, const Move& move);

}  // namespace sekimori
