#include "sensor/ship/backlog.h"

#include <algorithm>
#include <utility>

#include "core/record/codec.h"

namespace sekimori {
namespace {

Timestamp clock_now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

}  // namespace

Backlog::Backlog(BatchQueue& queue, const PublisherOptions& options, std::unique_ptr<Spool> spool)
    : queue_{queue},
      sensor_{options.sensor},
      boot_{options.boot},
      speaker_{options.speaker},
      when_full_{options.when_full},
      batch_age_{options.batch_age},
      spool_{std::move(spool)} {
  outbox_.begin(boot_, next_sequence_);
  refill();
  series_changed_ = false;  // nobody has been greeted yet
}

void Backlog::collect(Clock::time_point now) {
  refill();
  if (held_ && keep(*held_)) held_.reset();
  while (takes_more()) {
    const bool was_empty = open_.records.empty() && open_.losses.empty();
    queue_.take(open_.records, kBatchRecordLimit - open_.records.size());
    if (was_empty) open_since_ = now;
    if (open_.counters.empty()) open_.counters = queue_.take_report();
    collect_losses();
    const bool some = !open_.records.empty() || !open_.losses.empty();
    const bool full = open_.records.size() == kBatchRecordLimit;
    const bool old = some && now - open_since_ >= batch_age_;
    const bool last = queue_.closed() && some;
    if (!full && !old && !last && open_.counters.empty()) return;
    close_batch();
  }
}

void Backlog::collect_losses() {
  for (const LossWindow& window : queue_.take_losses()) add_loss(open_.losses, window);
  if (!spool_) return;
  for (const SpoolLoss& loss : spool_->take_losses()) {
    add_loss(open_.losses,
             {LossKind::records, loss.from, std::max(loss.from, loss.until), loss.records, {}});
    if (loss.boot == boot_) told_.take_back(loss.first, loss.last, open_.losses);
  }
}

bool Backlog::takes_more() {
  if (held_) return false;
  if (spool_ && (when_full_ == WhenFull::drop || spool_->has_room())) return true;
  return goes_direct(next_sequence_);
}

// Whether it can be sent next, and need not be read back from the spool.
bool Backlog::goes_direct(std::uint64_t sequence) {
  if (outbox_.full() || (spool_ && spool_->next())) return false;
  return outbox_.empty() || outbox_.continues(boot_, sequence);
}

void Backlog::close_batch() {
  open_.id = {sensor_, boot_, next_sequence_++};
  open_.speaker = speaker_;
  Closed batch{open_.id.sequence, open_.records.size(), compress(encode_batch(open_))};
  open_.records.clear();
  open_.counters.clear();
  std::vector<LossWindow> told = std::exchange(open_.losses, {});
  const bool waits = when_full_ == WhenFull::wait;
  if (keep(batch)) {
    told_.note(batch.sequence, std::move(told));
  } else if (waits) {
    held_ = std::move(batch);
    told_.note(held_->sequence, std::move(told));
  } else {
    lost_records_ += batch.records;
    open_.losses = std::move(told);  // what this batch told is not yet told
    const Timestamp made = clock_now();
    if (batch.records > 0) {
      add_loss(open_.losses, {LossKind::records, made, made, batch.records, {}});
    }
  }
}

bool Backlog::keep(Closed& batch) {
  const bool direct = goes_direct(batch.sequence);
  const bool spooled =
      spool_ && spool_->append(batch.sequence, batch.records, batch.frame, clock_now());
  if (!direct) return spooled;
  if (!outbox_.continues(boot_, batch.sequence)) begin(boot_, batch.sequence);
  outbox_.add(std::move(batch.frame), batch.records);
  if (spooled) spool_->pass();
  return true;
}

void Backlog::begin(std::uint64_t boot, std::uint64_t sequence) noexcept {
  outbox_.begin(boot, sequence);
  series_changed_ = true;
}

// What comes after the outbox's last, while it follows without a gap. Behind a gap, or of another
// boot, it waits until all before it is acknowledged: only then may the collector be told to go on
// from there.
void Backlog::refill() {
  if (!spool_) return;
  while (!outbox_.full()) {
    const auto place = spool_->next();
    if (!place) break;
    if (!outbox_.continues(place->boot, place->sequence)) {
      if (!outbox_.empty()) return;
      begin(place->boot, place->sequence);
    }
    auto entry = spool_->read();
    if (entry) outbox_.add(std::move(entry->frame), entry->records);
  }
  if (outbox_.empty() && outbox_.boot() != boot_) {
    begin(boot_, held_ ? held_->sequence : next_sequence_);
  }
}

void Backlog::turn() {
  if (spool_) spool_->turn(clock_now());
}

bool Backlog::series_changed() noexcept {
  return std::exchange(series_changed_, false);
}

bool Backlog::empty() const noexcept {
  return open_.records.empty() && open_.losses.empty() && outbox_.empty() && !held_ &&
         (!spool_ || spool_->counters().batches == 0);
}

Backlog::Clock::time_point Backlog::due() {
  Clock::time_point due = Clock::time_point::max();
  const bool some = !open_.records.empty() || !open_.losses.empty();
  if (some && takes_more()) due = open_since_ + batch_age_;
  if (spool_) due = std::min(due, Clock::now() + spool_->patience());
  return due;
}

std::optional<Outbox::Settled> Backlog::acknowledge(std::uint64_t boot, std::uint64_t committed) {
  if (boot != outbox_.boot()) return std::nullopt;
  std::optional<Outbox::Settled> settled = outbox_.acknowledge(committed);
  const bool ours = boot == boot_;
  if (!settled && spool_ && committed >= outbox_.next_sequence() &&
      (!ours || committed < next_sequence_)) {
    // Committed before this sensor read it back: a later part of the spool.
    settled = Outbox::Settled{};
    if (!outbox_.empty()) settled = outbox_.acknowledge(outbox_.next_sequence() - 1);
    outbox_.begin(boot, committed + 1);
  }
  if (settled && ours) told_.acknowledge(committed);
  if (settled && spool_) spool_->acknowledge(boot, committed);
  return settled;
}

std::optional<Outbox::Settled> Backlog::refuse(std::uint64_t sequence) {
  const auto settled = outbox_.refuse(sequence);
  if (settled && spool_) spool_->acknowledge(outbox_.boot(), sequence);
  return settled;
}

}  // namespace sekimori
