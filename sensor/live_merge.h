#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "sensor/live_queue.h"

namespace sekimori {

// Puts the batches of several lanes in the order of packet time. Both directions of one session may
// come by different lanes: from the two interfaces of a passive tap, or inside a tunnel whose outer
// addresses the kernel deals to different handles; and a ring hands its frames over up to 10 ms
// late. A packet is passed on when every other lane has come as far (its watermark), or when it
// has waited for kLongestHold: one lane's trouble must not hold up the others.
class LiveMerge {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds kLongestHold{100};

  explicit LiveMerge(std::size_t lanes) : lanes_(lanes) {}

  void add(LaneBatch batch) { lanes_[batch.lane].batches.push_back(std::move(batch)); }

  // Calls `take(batch, at)` for each packet whose turn it is and `done(packets)` for each batch
  // that is through. `watermarks` has a time for each lane: everything up to it was added.
  template <typename Take, typename Done>
  void run(const std::vector<Timestamp>& watermarks, Steady now, Take&& take, Done&& done) {
    while (const auto first = earliest()) {
      Lane& lane = lanes_[*first];
      Timestamp bound = bound_of_others(*first, watermarks);
      const bool overdue = now - lane.batches.front().arrived >= kLongestHold;
      if (overdue) bound = std::max(bound, next_of_others(*first));
      PacketBatch& batch = *lane.batches.front().packets;
      if (batch.time(lane.at) > bound) return;
      while (lane.at < batch.size() && batch.time(lane.at) <= bound) take(batch, lane.at++);
      if (lane.at < batch.size()) continue;
      done(std::move(lane.batches.front().packets));
      lane.batches.pop_front();
      lane.at = 0;
    }
  }

 private:
  struct Lane {
    std::deque<LaneBatch> batches;
    std::size_t at = 0;  // in the first batch
  };

  std::optional<Timestamp> next_of(const Lane& lane) const noexcept {
    if (lane.batches.empty()) return std::nullopt;
    return lane.batches.front().packets->time(lane.at);
  }
  std::optional<std::size_t> earliest() const noexcept {
    std::optional<std::size_t> first;
    for (std::size_t number = 0; number < lanes_.size(); ++number) {
      const auto time = next_of(lanes_[number]);
      if (time && (!first || *time < *next_of(lanes_[*first]))) first = number;
    }
    return first;
  }
  // Up to here nothing of another lane can come before.
  Timestamp bound_of_others(std::size_t own, const std::vector<Timestamp>& watermarks) const {
    Timestamp bound = Timestamp::max();
    for (std::size_t number = 0; number < lanes_.size(); ++number) {
      if (number != own)
        bound = std::min(bound, next_of(lanes_[number]).value_or(watermarks[number]));
    }
    return bound;
  }
  Timestamp next_of_others(std::size_t own) const {
    Timestamp next = Timestamp::max();
    for (std::size_t number = 0; number < lanes_.size(); ++number) {
      if (number != own) next = std::min(next, next_of(lanes_[number]).value_or(next));
    }
    return next;
  }

  std::vector<Lane> lanes_;
};

}  // namespace sekimori
