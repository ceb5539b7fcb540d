#include "sensor/flow/flow_table.h"

#include <algorithm>
#include <bit>

namespace sekimori {
namespace {

// At least two, so that the shift stays below 64.
std::size_t bucket_count(SlotIndex capacity) {
  return std::bit_ceil(std::max<std::size_t>(capacity, 2));
}

}  // namespace

std::chrono::nanoseconds IdleTimeouts::of(IdleClass idle_class) const noexcept {
  switch (idle_class) {
    case IdleClass::half_open:
      return half_open;
    case IdleClass::closing:
      return closing;
    case IdleClass::datagram:
      return datagram;
    case IdleClass::established:
      break;
  }
  return established;
}

FlowTable::FlowTable(SlotIndex capacity, IdleTimeouts timeouts)
    : slots_{capacity},
      timeouts_{timeouts},
      shift_{64U - static_cast<unsigned>(std::countr_zero(bucket_count(capacity)))},
      buckets_(bucket_count(capacity), kNoSlot) {}

SlotIndex FlowTable::find(const FlowKey& key, std::uint64_t hash) const noexcept {
  SlotIndex slot = buckets_[bucket(hash)];
  while (slot != kNoSlot && slots_[slot].key != key) slot = slots_[slot].chain;
  return slot;
}

void FlowTable::expect_slot(std::uint64_t hash) const noexcept {
  constexpr std::size_t line = 64;  // bytes
  const SlotIndex slot = buckets_[bucket(hash)];
  if (slot == kNoSlot) return;
  const auto* const flow = reinterpret_cast<const char*>(&slots_[slot]);
  for (std::size_t at = 0; at < sizeof(Flow); at += line) __builtin_prefetch(flow + at);
}

SlotIndex FlowTable::oldest() const noexcept {
  for (const List& list : lists_) {
    if (list.oldest != kNoSlot) return list.oldest;
  }
  return kNoSlot;
}

SlotIndex FlowTable::insert(const FlowKey& key, std::uint64_t hash, Timestamp now,
                            IdleClass idle_class) noexcept {
  const SlotIndex slot = slots_.take();
  Flow& flow = slots_[slot];
  flow.key = key;
  flow.first_seen = now;
  flow.last_seen = now;
  flow.idle_class = idle_class;
  SlotIndex& first = buckets_[bucket(hash)];
  flow.chain = first;
  first = slot;
  append(slot);
  return slot;
}

void FlowTable::touch(SlotIndex slot, Timestamp now, IdleClass idle_class) noexcept {
  unlink(slot);
  Flow& flow = slots_[slot];
  flow.last_seen = std::max(flow.last_seen, now);
  flow.idle_class = idle_class;
  append(slot);
}

void FlowTable::remove(SlotIndex slot, std::uint64_t hash) noexcept {
  unlink(slot);
  SlotIndex* link = &buckets_[bucket(hash)];
  while (*link != slot) link = &slots_[*link].chain;
  *link = slots_[slot].chain;
  slots_.give_back(slot);
}

SlotIndex FlowTable::expired(Timestamp now) const noexcept {
  for (std::size_t at = 0; at < kIdleClassCount; ++at) {
    const SlotIndex slot = lists_[at].oldest;
    if (slot == kNoSlot) continue;
    if (now - slots_[slot].last_seen > timeouts_.of(static_cast<IdleClass>(at))) return slot;
  }
  return kNoSlot;
}

void FlowTable::append(SlotIndex slot) noexcept {
  Flow& flow = slots_[slot];
  List& list = list_of(flow.idle_class);
  flow.older = list.newest;
  flow.newer = kNoSlot;
  (list.newest == kNoSlot ? list.oldest : slots_[list.newest].newer) = slot;
  list.newest = slot;
}

void FlowTable::unlink(SlotIndex slot) noexcept {
  Flow& flow = slots_[slot];
  List& list = list_of(flow.idle_class);
  (flow.older == kNoSlot ? list.oldest : slots_[flow.older].newer) = flow.newer;
  (flow.newer == kNoSlot ? list.newest : slots_[flow.newer].older) = flow.older;
}

}  // namespace sekimori
