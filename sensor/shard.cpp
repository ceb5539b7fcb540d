#include "sensor/shard.h"

namespace sekimori {
namespace {

// Flows that one partition ends at one tick: it bounds how many records wait to be put in order,
// and keeps up with a flood of flows of one frame each.
constexpr std::size_t kEndsPerTick = 64;
// The same in one round of the end, where nothing has to be kept up with: records that are few stay
// in the cache and reuse the same memory.
constexpr std::size_t kEndsPerRound = 8;

}  // namespace

Shard::Shard(std::size_t number, std::size_t count, const FlowSettings& settings,
             RecordFinisher finish)
    : count_{count}, finish_{std::move(finish)} {
  for (std::size_t partition = number; partition < kPartitions; partition += count) {
    trackers_.push_back(std::make_unique<FlowTracker>(settings, samples_));
  }
}

void Shard::take(const Packet& packet, const FlowPlace& place) noexcept {
  tracker_of(place).observe(packet, place, records_);
}

void Shard::tick(Timestamp now, Records& out) noexcept {
  for (const auto& tracker : trackers_) tracker->expire(now, kEndsPerTick, records_);
  hand_out(out);
}

bool Shard::drain(Records& out) noexcept {
  bool empty = true;
  for (const auto& tracker : trackers_) empty = tracker->drain(kEndsPerRound, records_) && empty;
  hand_out(out);
  return empty;
}

ShardTotals& ShardTotals::operator+=(const ShardTotals& more) noexcept {
  flows.opened += more.flows.opened;
  flows.ended += more.flows.ended;
  flows.evicted += more.flows.evicted;
  flows.duplicates += more.flows.duplicates;
  flows.samples_forgotten += more.flows.samples_forgotten;
  hellos += more.hellos;
  open += more.open;
  return *this;
}

std::string describe(const ShardTotals& totals) {
  std::string text = std::to_string(totals.flows.ended) + " sessions";
  const auto tell = [&text](std::uint64_t count, std::string_view what) {
    if (count > 0) text.append("; ").append(std::to_string(count)).append(what);
  };
  tell(totals.flows.evicted, " of them forgotten early for want of room");
  tell(totals.flows.duplicates, " packets that a mirror doubled");
  tell(totals.hellos.broken, " hellos that could not be read");
  tell(totals.hellos.heads_forgotten, " hellos given up for want of room");
  tell(totals.hellos.segments_refused, " segments too far ahead of their hello");
  return text;
}

ShardTotals Shard::totals() const noexcept {
  ShardTotals totals;
  for (const auto& tracker : trackers_) {
    totals += {tracker->counters(), tracker->hello_counters(), tracker->open_flows()};
  }
  return totals;
}

void Shard::hand_out(Records& out) noexcept {
  finish_(records_, samples_);
  for (const FlowSample& sample : samples_.list) {
    if (sample.packets > 0) sample.owner->take_answer(sample);
  }
  samples_.clear();
  out.clear();
  std::swap(out, records_);
}

}  // namespace sekimori
