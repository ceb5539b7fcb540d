#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sensor/flow/flow_tracker.h"

namespace sekimori {

// Flows live in this many partitions, whatever the number of workers: which flows share a table,
// and so which is forgotten first, never depends on the machine.
inline constexpr std::size_t kPartitions = 64;

constexpr std::size_t partition_of(std::uint64_t hash) noexcept {
  return hash % kPartitions;
}

// What is done to the records of a tick: the classifier's names (which it leaves in the samples),
// places, AS numbers, signatures. One for each shard. Samples are in the order of their records.
using RecordFinisher = std::function<void(std::span<SessionRecord>, FlowSamples&)>;
using FinisherFactory = std::function<RecordFinisher()>;

struct ShardTotals {
  FlowCounters flows;
  HelloCounters hellos;
  std::uint64_t open = 0;

  ShardTotals& operator+=(const ShardTotals& more) noexcept;
};

// One line for people: sessions, and what was forgotten of them.
std::string describe(const ShardTotals& totals);

// The partitions of one worker, and the only place that sees every stage: a packet goes in,
// finished records come out with the next tick.
class Shard {
 public:
  // Shard `number` of `count` owns each partition whose number modulo `count` is its own.
  // `settings` must outlive it. Throws std::bad_alloc; only at start.
  Shard(std::size_t number, std::size_t count, const FlowSettings& settings, RecordFinisher finish);

  // `place` must be of a partition of this shard.
  void take(const Packet& packet, const FlowPlace& place) noexcept;

  // For a packet that take() will get: expect_bucket(), some packets later expect_slot().
  void expect_bucket(const FlowPlace& place) const noexcept {
    tracker_of(place).expect_bucket(place.hash);
  }
  void expect_slot(const FlowPlace& place) const noexcept {
    tracker_of(place).expect_slot(place.hash);
  }

  // Ends what was silent for too long at `now` and hands out the records since the last tick; the
  // caller gives the emptied vector of before, so that its room is used again.
  void tick(Timestamp now, Records& out) noexcept;

  // One round of the end: a bounded number of flows of each partition; true when none is left.
  bool drain(Records& out) noexcept;

  ShardTotals totals() const noexcept;

 private:
  FlowTracker& tracker_of(const FlowPlace& place) const noexcept {
    return *trackers_[partition_of(place.hash) / count_];
  }
  void hand_out(Records& out) noexcept;

  std::size_t count_;
  RecordFinisher finish_;
  std::vector<std::unique_ptr<FlowTracker>> trackers_;  // of partition number + i * count
  Records records_;
  FlowSamples samples_;  // of those
};

}  // namespace sekimori
