#pragma once

#include "sensor/flow/slot_pool.h"

namespace sekimori {

// What one partition keeps of hellos that are still incomplete: one Head for each direction of a
// flow that needs one. When all are taken, the oldest is forgotten: a client that sends its hello
// one byte at a time waits behind whoever came later.
template <typename Head>
class HeadPool {
 public:
  explicit HeadPool(SlotIndex capacity) : pool_{capacity} {}

  // Whose head must go before take() can give one: kNoSlot while there is room.
  SlotIndex displaced() const noexcept {
    return pool_.used() == pool_.capacity() ? oldest_ : kNoSlot;
  }

  SlotIndex oldest() const noexcept { return oldest_; }  // kNoSlot: none is in use

  // A new, empty head for one direction of a flow. There must be room.
  SlotIndex take(SlotIndex flow, Sender sender) noexcept {
    const SlotIndex slot = pool_.take();
    Entry& entry = pool_[slot];
    entry.flow = flow;
    entry.sender = sender;
    entry.older = newest_;
    (newest_ == kNoSlot ? oldest_ : pool_[newest_].newer) = slot;
    newest_ = slot;
    return slot;
  }
  void give_back(SlotIndex slot) noexcept {
    const Entry& entry = pool_[slot];
    (entry.older == kNoSlot ? oldest_ : pool_[entry.older].newer) = entry.newer;
    (entry.newer == kNoSlot ? newest_ : pool_[entry.newer].older) = entry.older;
    pool_.give_back(slot);
  }

  Head& operator[](SlotIndex slot) noexcept { return pool_[slot].head; }

  // Who owns a head.
  SlotIndex flow_of(SlotIndex slot) const noexcept { return pool_[slot].flow; }
  Sender sender_of(SlotIndex slot) const noexcept { return pool_[slot].sender; }

 private:
  struct Entry {
    SlotIndex older = kNoSlot;
    SlotIndex newer = kNoSlot;
    SlotIndex flow = kNoSlot;
    Sender sender = Sender::low;
    Head head;
  };

  SlotPool<Entry> pool_;
  SlotIndex oldest_ = kNoSlot;
  SlotIndex newest_ = kNoSlot;
};

}  // namespace sekimori
