#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "sensor/live_merge.h"
#include "sensor/live_queue.h"
#include "sensor/live_reader.h"
#include "sensor/shard.h"

namespace sekimori {

// Called on each worker's thread, with records that are valid during the call; answers how many,
// from the front, it took. The rest is offered again a little later, for at most kRecordPatience,
// and then to be taken `anyway`, even if that means that the sink has to drop them.
enum class Offer : std::uint8_t { if_room, anyway };
using LiveSink = std::function<std::size_t(std::span<const SessionRecord> records, Offer how)>;
// Many sessions that begin or end at once make more records than the publisher holds. Longer than
// this only a collector that is away takes, and then memory has to have an end.
inline constexpr std::chrono::seconds kRecordPatience{1};

// A thread with a shard: puts the lanes' packets in order, tracks flows, ages them, and gives their
// records away.
class LiveTracker {
 public:
  // `lanes`, by number, and `sink` must outlive it.
  LiveTracker(std::unique_ptr<Shard> shard, std::vector<const Lane*> lanes, const LiveSink& sink);
  LiveTracker(const LiveTracker&) = delete;
  LiveTracker& operator=(const LiveTracker&) = delete;
  ~LiveTracker();

  LiveQueue& queue() noexcept { return queue_; }
  void start();
  // To be called when all readers have ended: tracks what is queued, then ends every flow, and
  // gives all records away for as long as `hurry`, asked on this object's thread, says no.
  void ask_to_stop(const std::function<bool()>& hurry);
  void join();

  // As LiveReader::turns().
  std::uint64_t turns() const noexcept { return turns_.load(std::memory_order_relaxed); }
  ShardTotals totals() const;  // at most a second old; exact after join()

 private:
  using Clock = std::chrono::steady_clock;

  void run() noexcept;
  void merge(bool last, Clock::time_point now) noexcept;
  void drain() noexcept;
  bool ship(Clock::time_point now) noexcept;
  void tell();

  std::unique_ptr<Shard> shard_;
  std::vector<const Lane*> lanes_;
  const LiveSink& sink_;
  LiveQueue queue_;
  LiveMerge merge_;
  std::vector<Timestamp> watermarks_;
  std::size_t since_tick_ = 0;  // packets
  Records records_;             // of the last tick
  std::size_t offered_ = 0;     // of those
  Clock::time_point made_;      // when that tick was
  std::function<bool()> hurry_;
  std::atomic<bool> all_read_ = false;
  std::atomic<std::uint64_t> turns_ = 0;
  mutable std::mutex told_mutex_;
  ShardTotals told_;
  std::thread thread_;
};

}  // namespace sekimori
