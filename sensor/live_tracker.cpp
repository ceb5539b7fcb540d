#include "sensor/live_tracker.h"

#include <pthread.h>

#include <algorithm>
#include <deque>

#include "core/net/wakeup.h"

namespace sekimori {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// How often flows are aged and finished records leave: little beside the age of a batch (200 ms).
constexpr milliseconds kTickTime{100};
constexpr std::size_t kTickPackets = 4096;
// Between two looks for room in the publisher, at the end.
constexpr milliseconds kDrainTurn{5};
constexpr seconds kCountInterval{1};

}  // namespace

LiveTracker::LiveTracker(std::unique_ptr<Shard> shard, std::vector<const Lane*> lanes,
                         const LiveSink& sink)
    : shard_{std::move(shard)},
      lanes_{std::move(lanes)},
      sink_{sink},
      merge_{lanes_.size()},
      watermarks_(lanes_.size()) {}

LiveTracker::~LiveTracker() {
  if (!thread_.joinable()) return;
  ask_to_stop([] { return true; });
  join();
}

void LiveTracker::start() {
  thread_ = std::thread{[this] { run(); }};
}

void LiveTracker::ask_to_stop(const std::function<bool()>& hurry) {
  hurry_ = hurry;
  all_read_ = true;
}

void LiveTracker::join() {
  if (thread_.joinable()) thread_.join();
}

void LiveTracker::run() noexcept {
  block_signals();
  ::pthread_setname_np(::pthread_self(), "follow");
  Clock::time_point tick_at = Clock::now() + kTickTime;
  Clock::time_point tell_at = Clock::now() + kCountInterval;
  for (bool last = false; !last;) {
    turns_.fetch_add(1, std::memory_order_relaxed);
    last = all_read_;
    const Clock::time_point now = Clock::now();
    merge(last, now);
    const bool due = now >= tick_at || since_tick_ >= kTickPackets;
    if (ship(now) && due && !last) {
      shard_->tick(*std::min_element(watermarks_.begin(), watermarks_.end()), records_);
      made_ = now;
      (void)ship(now);
      since_tick_ = 0;
      tick_at = now + kTickTime;
    }
    if (now >= tell_at) {
      tell();
      tell_at = now + kCountInterval;
    }
  }
  drain();
  tell();
}

void LiveTracker::merge(bool last, Clock::time_point now) noexcept {
  // Before the queue is looked into: what a watermark promises is then in it.
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    const std::int64_t reached = lanes_[lane]->watermark.load(std::memory_order_acquire);
    watermarks_[lane] = last ? Timestamp::max() : Timestamp{std::chrono::nanoseconds{reached}};
  }
  std::deque<LaneBatch> come;
  queue_.take(come, milliseconds{LiveSource::kBlockTimeoutMs});
  for (LaneBatch& batch : come) merge_.add(std::move(batch));
  merge_.run(
      watermarks_, now,
      [this](PacketBatch& batch, std::size_t at) noexcept {
        batch.take(at, *shard_);
        ++since_tick_;
      },
      [this](std::unique_ptr<PacketBatch> done) { queue_.give_back(std::move(done)); });
}

// True: no record is left over.
bool LiveTracker::ship(Clock::time_point now) noexcept {
  if (offered_ < records_.size()) {
    const Offer how = now - made_ >= kRecordPatience ? Offer::anyway : Offer::if_room;
    offered_ += sink_(std::span{records_}.subspan(offered_), how);
  }
  if (offered_ < records_.size()) return false;
  records_.clear();
  offered_ = 0;
  return true;
}

// Nothing presses any more, so records wait for the collector as long as the operator does.
void LiveTracker::drain() noexcept {
  bool empty = false;
  while (!empty || !records_.empty()) {
    const Clock::time_point now = Clock::now();
    made_ = hurry_() ? now - kRecordPatience : now;
    if (!ship(now)) {
      std::this_thread::sleep_for(kDrainTurn);
    } else if (!empty) {
      empty = shard_->drain(records_);
    }
  }
}

void LiveTracker::tell() {
  const std::lock_guard lock{told_mutex_};
  told_ = shard_->totals();
}

ShardTotals LiveTracker::totals() const {
  const std::lock_guard lock{told_mutex_};
  return told_;
}

}  // namespace sekimori
