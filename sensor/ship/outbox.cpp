#include "sensor/ship/outbox.h"

#include <algorithm>
#include <utility>

#include "sensor/ship/publisher.h"

namespace sekimori {

bool Outbox::full() const noexcept {
  return entries_.size() >= kUnacknowledgedLimit;
}

void Outbox::begin(std::uint64_t boot, std::uint64_t sequence) noexcept {
  boot_ = boot;
  oldest_ = sequence;
}

void Outbox::add(std::vector<std::uint8_t> frame, std::size_t records) {
  entries_.push_back({std::move(frame), records, false});
}

std::optional<Outbox::Next> Outbox::next(std::size_t credit) const noexcept {
  if (sent_ >= std::min(entries_.size(), credit)) return std::nullopt;
  const Entry& entry = entries_[sent_];
  return Next{oldest_ + sent_, entry.frame, entry.was_sent};
}

void Outbox::sent() noexcept {
  entries_[sent_].was_sent = true;
  ++sent_;
}

std::optional<Outbox::Settled> Outbox::acknowledge(std::uint64_t committed) {
  if (committed + 1 < oldest_ || committed >= next_sequence()) return std::nullopt;
  return drop_first(static_cast<std::size_t>(committed + 1 - oldest_));
}

std::optional<Outbox::Settled> Outbox::refuse(std::uint64_t sequence) {
  if (entries_.empty() || sequence != oldest_) return std::nullopt;
  return drop_first(1);
}

Outbox::Settled Outbox::drop_first(std::size_t count) {
  Settled settled{count, 0};
  for (std::size_t left = count; left > 0; --left) {
    settled.records += entries_.front().records;
    entries_.pop_front();
  }
  oldest_ += count;
  sent_ -= std::min(sent_, count);
  return settled;
}

}  // namespace sekimori
