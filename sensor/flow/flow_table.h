#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

#include "sensor/flow/flow.h"
#include "sensor/flow/slot_pool.h"

namespace sekimori {

// Silence after which a flow of each class is over.
struct IdleTimeouts {
  std::chrono::nanoseconds half_open = std::chrono::seconds{20};
  std::chrono::nanoseconds closing = std::chrono::seconds{5};
  std::chrono::nanoseconds datagram = std::chrono::seconds{120};
  std::chrono::nanoseconds established = std::chrono::minutes{15};

  std::chrono::nanoseconds of(IdleClass idle_class) const noexcept;
};

// Every flow of one partition, in slots allocated once. When all are taken, the caller asks which
// flow to forget and removes it: half-open ones first, then closing, datagram and established, of
// each class the longest silent. So a flood of SYNs forgets itself before it forgets a session.
class FlowTable {
 public:
  // `capacity` at least 1. Throws std::bad_alloc; only at start.
  FlowTable(SlotIndex capacity, IdleTimeouts timeouts);

  SlotIndex find(const FlowKey& key, std::uint64_t hash) const noexcept;  // kNoSlot: unknown
  // Two steps ahead of find(), some packets apart: a flow's memory comes from afar, and the packets
  // before it are work enough to wait for it.
  void expect_bucket(std::uint64_t hash) const noexcept {
    __builtin_prefetch(&buckets_[bucket(hash)]);
  }
  void expect_slot(std::uint64_t hash) const noexcept;
  bool full() const noexcept { return slots_.used() == slots_.capacity(); }
  SlotIndex oldest() const noexcept;  // whom to forget; kNoSlot when empty

  // A new flow, the newest of its class. The key must not be in the table, nor the table full.
  SlotIndex insert(const FlowKey& key, std::uint64_t hash, Timestamp now,
                   IdleClass idle_class) noexcept;
  // Makes the flow the newest of `idle_class`, which may be another class than before.
  void touch(SlotIndex slot, Timestamp now, IdleClass idle_class) noexcept;
  void remove(SlotIndex slot, std::uint64_t hash) noexcept;

  // A flow silent for longer than its class allows, or kNoSlot.
  SlotIndex expired(Timestamp now) const noexcept;

  Flow& operator[](SlotIndex slot) noexcept { return slots_[slot]; }
  const Flow& operator[](SlotIndex slot) const noexcept { return slots_[slot]; }
  SlotIndex size() const noexcept { return slots_.used(); }

 private:
  struct List {
    SlotIndex oldest = kNoSlot;
    SlotIndex newest = kNoSlot;
  };
  List& list_of(IdleClass idle_class) noexcept {
    return lists_[static_cast<std::size_t>(idle_class)];
  }
  void append(SlotIndex slot) noexcept;
  void unlink(SlotIndex slot) noexcept;
  // The low bits of a flow's hash chose its partition, so buckets go by the high ones.
  std::size_t bucket(std::uint64_t hash) const noexcept { return hash >> shift_; }

  SlotPool<Flow> slots_;
  IdleTimeouts timeouts_;
  unsigned shift_;
  std::vector<SlotIndex> buckets_;  // a power of two, at least the capacity
  std::array<List, kIdleClassCount> lists_{};
};

}  // namespace sekimori
