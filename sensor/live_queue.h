#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "sensor/worker.h"

namespace sekimori {

// Packets or bytes of them after which a batch goes to its shard; before that it goes when the ring
// is read empty.
inline constexpr std::size_t kLiveBatchPackets = 1024;
inline constexpr std::size_t kLiveBatchBytes = std::size_t{256} * 1024;
// Batches that one shard may lag behind: a quarter of a million small packets, at worst some
// 130 MiB. Room for a thread that is not scheduled for a quarter of a second at a million packets a
// second; it is paid for only when that happens.
inline constexpr std::size_t kLiveQueueBatches = 256;

// A batch from one lane (one handle), on its way to one shard.
struct LaneBatch {
  std::size_t lane = 0;
  std::chrono::steady_clock::time_point arrived;
  std::unique_ptr<PacketBatch> packets;  // settled, not empty
};

// From the threads that capture to the one that tracks flows. Never waits to put: a full queue
// refuses, and its caller drops and counts.
class LiveQueue {
 public:
  // Takes `packets` and leaves an empty batch in its place. False: full, and nothing was taken.
  bool put(std::size_t lane, std::unique_ptr<PacketBatch>& packets) {
    const auto now = std::chrono::steady_clock::now();
    {
      const std::lock_guard lock{mutex_};
      if (out_ >= kLiveQueueBatches) return false;
      ++out_;
      packets->settle();
      items_.push_back({lane, now, std::move(packets)});
      if (!spare_.empty()) {
        packets = std::move(spare_.back());
        spare_.pop_back();
      }
    }
    ready_.notify_one();
    if (!packets) packets = std::make_unique<PacketBatch>();
    return true;
  }

  // Swaps what has come into `items`, which must be empty; waits at most `patience` for it.
  void take(std::deque<LaneBatch>& items, std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    ready_.wait_for(lock, patience, [this] { return !items_.empty(); });
    items.swap(items_);
  }

  // A batch that was done with: only now may another one come in its place.
  void give_back(std::unique_ptr<PacketBatch> packets) {
    packets->clear();
    const std::lock_guard lock{mutex_};
    --out_;
    if (spare_.size() < kSpare) spare_.push_back(std::move(packets));
  }

 private:
  static constexpr std::size_t kSpare = 16;  // kept after a backlog

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<LaneBatch> items_;
  std::vector<std::unique_ptr<PacketBatch>> spare_;
  std::size_t out_ = 0;  // put and not given back
};

}  // namespace sekimori
