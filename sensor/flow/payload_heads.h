#pragma once

#include <array>
#include <cstdint>

#include "core/record/session_record.h"
#include "sensor/decode/packet.h"
#include "sensor/flow/flow.h"
#include "sensor/flow/lazy_array.h"

namespace sekimori {

// The first payload bytes of each flow of one partition, in each direction, for rules alone: of a
// TCP stream from its first byte (the first that was seen when its SYN was not), of UDP the first
// datagram. A flow without payload, such as those of a SYN flood, costs nothing.
class PayloadHeads {
 public:
  // One place for each slot of the flow table. Throws std::bad_alloc; only at start.
  explicit PayloadHeads(SlotIndex flows) : pairs_{flows} {}

  void observe(SlotIndex slot, Flow& flow, const Packet& packet, Sender sender) noexcept;

  // Empty when that end sent no payload.
  PayloadHead head(SlotIndex slot, const Flow& flow, Sender sender) const noexcept;

 private:
  struct Head {
    std::uint32_t base;                             // TCP's sequence number of the first byte
    InlineText<PayloadHead::capacity() / 2> bytes;  // as they were sent: not text
  };
  struct Pair {
    std::array<Head, 2> of;
  };
  LazyArray<Pair> pairs_;
};

// Whether both ends have sent payload.
bool have_both_spoken(const Flow& flow) noexcept;

}  // namespace sekimori
