#include "sensor/ship/batch_queue.h"

#include <algorithm>
#include <utility>

namespace sekimori {

BatchQueue::BatchQueue(WhenFull when_full, std::function<bool()> keep_waiting)
    : when_full_{when_full}, keep_waiting_{std::move(keep_waiting)}, ring_(kPublisherQueueLimit) {}

BatchQueue::Offered BatchQueue::offer(const SessionRecord& record) {
  std::unique_lock lock{mutex_};
  if (when_full_ == WhenFull::wait) {
    while (!closed_ && size_ == ring_.size() && (!keep_waiting_ || keep_waiting_())) {
      room_.wait_for(lock, kWaitTurn);
    }
  }
  if (closed_ || size_ == ring_.size()) return Offered::dropped;
  ring_[(first_ + size_) % ring_.size()] = record;
  ++size_;
  return size_ == 1 || size_ % kBatchRecordLimit == 0 ? Offered::taken_and_due : Offered::taken;
}

bool BatchQueue::has_room() const {
  const std::lock_guard lock{mutex_};
  return !closed_ && size_ < ring_.size();
}

void BatchQueue::report(std::vector<Counter> counters) {
  const std::lock_guard lock{mutex_};
  if (!closed_) report_ = std::move(counters);
}

void BatchQueue::take(std::vector<SessionRecord>& out, std::size_t room) {
  const std::lock_guard lock{mutex_};
  for (std::size_t left = std::min(room, size_); left > 0; --left) {
    out.push_back(ring_[first_]);
    first_ = (first_ + 1) % ring_.size();
    --size_;
  }
  room_.notify_all();
}

std::vector<Counter> BatchQueue::take_report() {
  const std::lock_guard lock{mutex_};
  return std::exchange(report_, {});
}

void BatchQueue::lose(std::span<const LossWindow> windows) {
  const std::lock_guard lock{mutex_};
  for (const LossWindow& window : windows) add_loss(losses_, window);
}

std::vector<LossWindow> BatchQueue::take_losses() {
  const std::lock_guard lock{mutex_};
  return std::exchange(losses_, {});
}

void BatchQueue::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
  room_.notify_all();
}

bool BatchQueue::closed() const {
  const std::lock_guard lock{mutex_};
  return closed_;
}

bool BatchQueue::empty() const {
  const std::lock_guard lock{mutex_};
  return size_ == 0 && report_.empty() && losses_.empty();
}

}  // namespace sekimori
