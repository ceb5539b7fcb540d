#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/record/batch.h"
#include "sensor/ship/batch_queue.h"
#include "sensor/ship/outbox.h"
#include "sensor/ship/publisher.h"
#include "sensor/ship/told_losses.h"
#include "sensor/spool/spool.h"

namespace sekimori {

// What the collector has not acknowledged: the open batch, the spool if there is one, and the
// outbox with those that may be sent next. Batches go to the spool first and into the outbox in
// order of sequence, an earlier boot's before our own. Owned by the publisher's thread.
class Backlog {
 public:
  using Clock = std::chrono::steady_clock;

  // `queue` must outlive it.
  Backlog(BatchQueue& queue, const PublisherOptions& options, std::unique_ptr<Spool> spool);

  // From the queue into batches and on, while there is room for them.
  void collect(Clock::time_point now);
  // Syncs the spool, keeps its limits.
  void turn();

  Outbox& outbox() noexcept { return outbox_; }
  // True once after the outbox began with another boot or past a gap: the collector must be
  // greeted.
  bool series_changed() noexcept;
  bool empty() const noexcept;
  // When collect() or turn() has something to do without being woken.
  Clock::time_point due();

  // Nothing: no sequence that can have been committed, and nothing was done.
  std::optional<Outbox::Settled> acknowledge(std::uint64_t boot, std::uint64_t committed);
  std::optional<Outbox::Settled> refuse(std::uint64_t sequence);

  // Batches and records that could be kept nowhere, besides those that the spool gave up.
  std::uint64_t lost_records() const noexcept { return lost_records_; }
  const Spool* spool() const noexcept { return spool_.get(); }

 private:
  struct Closed {
    std::uint64_t sequence = 0;
    std::size_t records = 0;
    std::vector<std::uint8_t> frame;
  };

  void collect_losses();
  bool takes_more();
  bool goes_direct(std::uint64_t sequence);
  bool keep(Closed& batch);
  void close_batch();
  void refill();
  void begin(std::uint64_t boot, std::uint64_t sequence) noexcept;

  BatchQueue& queue_;
  SensorName sensor_;
  std::uint64_t boot_;
  Speaker speaker_;
  WhenFull when_full_;
  std::chrono::milliseconds batch_age_;
  std::unique_ptr<Spool> spool_;
  Outbox outbox_;
  Batch open_;
  ToldLosses told_;
  Clock::time_point open_since_{};
  std::uint64_t next_sequence_ = 1;
  std::optional<Closed> held_;  // found no place yet; only with WhenFull::wait
  bool series_changed_ = false;
  std::atomic<std::uint64_t> lost_records_ = 0;
};

}  // namespace sekimori
