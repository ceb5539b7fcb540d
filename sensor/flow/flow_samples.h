#pragma once

#include <cstdint>
#include <vector>

#include "core/bytes/cursor.h"
#include "core/net/flow_key.h"
#include "sensor/flow/flow.h"

namespace sekimori {

class FlowTracker;

// What a classifier says of a flow: rows of its own table of names, 0 for none. Flows only keep it.
struct FlowNames {
  std::uint16_t protocol = 0;     // of what was said first
  std::uint16_t application = 0;  // of what runs on that

  bool empty() const noexcept { return protocol == 0 && application == 0; }
  friend bool operator==(const FlowNames&, const FlowNames&) = default;
};

// Goes with a record of a flow that no parser of ours has named.
struct FlowSample {
  FlowTracker* owner = nullptr;  // who is to be told the answer
  std::size_t record = 0;        // its place among the records that it was made with
  SlotIndex slot = kNoSlot;
  std::uint32_t keeping = 0;  // which of the slot's flows
  FlowKey key;
  Sender client = Sender::low;
  // The flow's first packets as FlowSamples::bytes has them. None: `names` is the answer of before.
  std::size_t bytes_at = 0;
  std::size_t bytes_size = 0;
  std::uint8_t packets = 0;
  FlowNames names;
};

// The samples of some records, and their packets one after the other: the sender (one byte), the
// size (two, in network order), the payload. Like Records, it is emptied and filled again.
struct FlowSamples {
  std::vector<FlowSample> list;
  std::vector<std::uint8_t> bytes;

  Bytes packets_of(const FlowSample& sample) const noexcept {
    return Bytes{bytes}.subspan(sample.bytes_at, sample.bytes_size);
  }
  void clear() noexcept {
    list.clear();
    bytes.clear();
  }
};

}  // namespace sekimori
