#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "core/record/batch.h"
#include "core/record/session_record.h"
#include "sensor/ship/publisher.h"

namespace sekimori {

// Between the threads that make records and the one that ships them: at most kPublisherQueueLimit
// records, allocated once. When full it drops the newest, or the producer waits: until there is
// room or `keep_waiting`, asked on the producer's thread some ten times a second, says no.
class BatchQueue {
 public:
  explicit BatchQueue(WhenFull when_full, std::function<bool()> keep_waiting = {});

  enum class Offered : std::uint8_t {
    dropped,
    taken,
    taken_and_due,  // the shipping thread has reason to look: the first, or a batch is full
  };
  Offered offer(const SessionRecord& record);
  bool has_room() const;

  // The sensor's totals for the next batch; later ones replace earlier ones.
  void report(std::vector<Counter> counters);

  // What was lost, for the next batch.
  void lose(std::span<const LossWindow> windows);

  // Moves at most `room` records to the end of `out`.
  void take(std::vector<SessionRecord>& out, std::size_t room);
  // The last report, once; empty: nothing new.
  std::vector<Counter> take_report();

  std::vector<LossWindow> take_losses();

  // From now on offers are dropped and those who wait for room are let go.
  void close();
  bool closed() const;
  bool empty() const;  // neither records nor a report nor losses

 private:
  mutable std::mutex mutex_;
  std::condition_variable room_;
  WhenFull when_full_;
  std::function<bool()> keep_waiting_;
  bool closed_ = false;
  std::vector<SessionRecord> ring_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::vector<Counter> report_;
  std::vector<LossWindow> losses_;
};

}  // namespace sekimori
