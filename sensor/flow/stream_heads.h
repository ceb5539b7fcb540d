#pragma once

#include "sensor/flow/slot_pool.h"
#include "sensor/flow/stream_head.h"

namespace sekimori {

// The stream heads of one partition. When all are taken, the oldest is forgotten: a client that
// sends its hello one byte at a time waits behind whoever came later.
class StreamHeads {
 public:
  explicit StreamHeads(SlotIndex capacity) : pool_{capacity} {}

  // Whose head must go before take() can give one: kNoSlot while there is room.
  SlotIndex displaced() const noexcept {
    return pool_.used() == pool_.capacity() ? oldest_ : kNoSlot;
  }

  // A new, empty head for one direction of a flow. There must be room.
  SlotIndex take(SlotIndex flow, Sender sender) noexcept;
  void give_back(SlotIndex slot) noexcept;

  StreamHead& operator[](SlotIndex slot) noexcept { return pool_[slot].head; }

  // Who owns a head.
  SlotIndex flow_of(SlotIndex slot) const noexcept { return pool_[slot].flow; }
  Sender sender_of(SlotIndex slot) const noexcept { return pool_[slot].sender; }

 private:
  struct Entry {
    SlotIndex older = kNoSlot;
    SlotIndex newer = kNoSlot;
    SlotIndex flow = kNoSlot;
    Sender sender = Sender::low;
    StreamHead head;
  };

  SlotPool<Entry> pool_;
  SlotIndex oldest_ = kNoSlot;
  SlotIndex newest_ = kNoSlot;
};

}  // namespace sekimori
