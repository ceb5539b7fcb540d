#include "sensor/flow/stream_heads.h"

namespace sekimori {

SlotIndex StreamHeads::take(SlotIndex flow, Sender sender) noexcept {
  const SlotIndex slot = pool_.take();
  Entry& entry = pool_[slot];
  entry.flow = flow;
  entry.sender = sender;
  entry.older = newest_;
  (newest_ == kNoSlot ? oldest_ : pool_[newest_].newer) = slot;
  newest_ = slot;
  return slot;
}

void StreamHeads::give_back(SlotIndex slot) noexcept {
  const Entry& entry = pool_[slot];
  (entry.older == kNoSlot ? oldest_ : pool_[entry.older].newer) = entry.newer;
  (entry.newer == kNoSlot ? newest_ : pool_[entry.newer].older) = entry.older;
  pool_.give_back(slot);
}

}  // namespace sekimori
