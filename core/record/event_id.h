#pragma once

#include <cstdint>
#include <string_view>

#include "core/net/community_id.h"
#include "core/record/session_record.h"
#include "core/text/timestamp.h"

namespace sekimori {

// What one flow is known by. Which end comes first does not matter: the client may be recognised
// late, and a start record and its end record carry the same id.
struct EventFlow {
  FlowEnd one;
  FlowEnd other;
  std::uint8_t protocol = 0;  // IANA protocol number
};

// The id of a session: the first 128 bits of a SHA-256 over `observer`, the flow, the time of its
// first packet and `ordinal`, which counts the flows that share all the others.
//
// SHA-256 and not XXH3: a client chooses most of these bytes, and XXH3 collides at will once one
// 8-byte lane cancels its secret (a product with zero). With two sessions of one id, the harmless
// one would supersede the other in the store.
EventId make_event_id(std::string_view observer, const EventFlow& flow, Timestamp first_packet,
                      std::uint32_t ordinal) noexcept;

}  // namespace sekimori
