#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "core/net/wakeup.h"
#include "sensor/capture/live_source.h"
#include "sensor/counters.h"
#include "sensor/decode/decode.h"
#include "sensor/live_clock.h"
#include "sensor/live_queue.h"

namespace sekimori {

// One handle's way to the shards. Its reader's own, but for the atomics.
struct Lane {
  Lane(std::size_t lane_number, std::unique_ptr<LiveSource> handle);

  std::size_t number;
  std::unique_ptr<LiveSource> source;
  std::vector<std::unique_ptr<PacketBatch>> filling;  // one for each shard
  LiveClock clock;
  Timestamp last_packet;
  std::uint64_t received = 0;
  std::uint64_t queue_drops = 0;
  std::chrono::steady_clock::time_point reopen_at;
  // Nanoseconds since 1970: all packets up to then are with their shards.
  std::atomic<std::int64_t> watermark{Timestamp::min().time_since_epoch().count()};
  std::atomic<bool> open{true};
};

// A thread that reads one handle of each interface, decodes, and deals packets to the shards.
class LiveReader {
 public:
  explicit LiveReader(const FlowSettings& settings)
      : seed_{settings.seed}, decoder_{settings.seed, settings.tunnel_endpoints} {}
  LiveReader(const LiveReader&) = delete;
  LiveReader& operator=(const LiveReader&) = delete;
  ~LiveReader() { stop(); }

  // Before start(). The source is open; `number` is unique among all readers.
  const Lane& add(std::size_t number, std::unique_ptr<LiveSource> source);
  const std::vector<std::unique_ptr<Lane>>& lanes() const noexcept { return lanes_; }

  // One queue for each shard.
  void start(std::vector<LiveQueue*> queues);
  // Reads what is in the rings and ends the thread.
  void ask_to_stop();
  void stop();

  // At most a second old; exact after stop().
  FrameCounters frames() const;
  std::vector<InterfaceCounters> interfaces() const;  // in the order of the lanes
  // Grows for as long as the thread goes round, some hundred times a second at least.
  std::uint64_t turns() const noexcept { return turns_.load(std::memory_order_relaxed); }

 private:
  void run() noexcept;
  bool read(Lane& lane) noexcept;
  void take(Lane& lane, const PacketView& frame) noexcept;
  void hand_over(Lane& lane, std::size_t shard) noexcept;
  void wait() const noexcept;
  void tell();

  std::uint64_t seed_;
  Decoder decoder_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<LiveQueue*> queues_;
  FrameCounters frames_;
  Wakeup wakeup_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> turns_ = 0;
  mutable std::mutex told_mutex_;
  FrameCounters told_frames_;
  std::vector<InterfaceCounters> told_;
  std::thread thread_;
};

}  // namespace sekimori
