#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "sensor/shard.h"

namespace sekimori {

// What one shard gets to do between two ticks, and what came of it. The packets' bytes are copied,
// because their frames are gone before a worker reads them.
class PacketBatch {
 public:
  enum class Then : std::uint8_t { tick, drain };

  void add(const Packet& packet, const FlowPlace& place);
  void clear() noexcept;
  // Runs the packets through the shard, then ticks or drains it.
  void run(Shard& shard) noexcept;
  // Runs the packets through the shard and forgets them.
  void run_packets(Shard& shard) noexcept;

  // The same packet by packet, for live capture, which puts several batches in order: settle()
  // after the last add(), then take() each once, `at` counted from 0.
  void settle() noexcept;
  std::size_t size() const noexcept { return entries_.size(); }
  std::size_t kept_bytes() const noexcept { return bytes_.size(); }
  Timestamp time(std::size_t at) const noexcept { return entries_[at].packet.time; }
  void take(std::size_t at, Shard& shard) noexcept {
    shard.take(entries_[at].packet, entries_[at].place);
  }

  Then then = Then::tick;
  Timestamp now;
  Records records;       // out
  bool drained = false;  // out: no flow is left

 private:
  struct Entry {
    Packet packet;
    FlowPlace place;
    std::size_t bytes_at;  // of its options and then its payload
  };
  std::vector<Entry> entries_;
  std::vector<std::uint8_t> bytes_;
};

// First in, first out, between two threads. Bounded by its users: they send no more batches than
// they own.
template <typename T>
class Handoff {
 public:
  void put(T item) {
    {
      const std::lock_guard lock{mutex_};
      items_.push_back(std::move(item));
    }
    ready_.notify_one();
  }
  T get() {
    std::unique_lock lock{mutex_};
    ready_.wait(lock, [this] { return !items_.empty(); });
    T item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<T> items_;
};

// A thread with a shard of its own. Batches come back in the order in which they were sent.
class Worker {
 public:
  Worker(std::size_t number, std::size_t count, const FlowSettings& settings,
         RecordFinisher finish);
  ~Worker();  // waits for what was sent
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void send(std::unique_ptr<PacketBatch> batch) { to_do_.put(std::move(batch)); }
  std::unique_ptr<PacketBatch> receive() { return done_.get(); }
  // Only while every batch that was sent has come back.
  const Shard& shard() const noexcept { return shard_; }

 private:
  Shard shard_;
  Handoff<std::unique_ptr<PacketBatch>> to_do_;  // null ends the thread
  Handoff<std::unique_ptr<PacketBatch>> done_;
  std::thread thread_;
};

}  // namespace sekimori
