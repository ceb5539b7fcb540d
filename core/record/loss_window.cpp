#include "core/record/loss_window.h"

#include <algorithm>

namespace sekimori {
namespace {

// Drops are looked for once a second: two windows that are no further apart are one.
constexpr std::chrono::milliseconds kJoined{1500};

struct Interval {
  Timestamp from{}, until{};
};

// Where the first packets of a session may be missing. Empty, until before from: nowhere.
Interval harmful(const LossWindow& window) noexcept {
  switch (window.kind) {
    case LossKind::records:
      // A record that is there is whole.
      return {Timestamp::max(), Timestamp::min()};
    case LossKind::away:
    case LossKind::downtime:
      // Nothing was captured: no session begins in it, but one may have been cut at its edge.
      return {window.from, window.from};
    default:
      return {window.from, window.until};
  }
}

void join(LossWindow& into, const LossWindow& window) noexcept {
  into.from = std::min(into.from, window.from);
  into.until = std::max(into.until, window.until);
  into.count += window.count;
}

}  // namespace

bool touches(const LossWindow& window, const SessionRecord& record) noexcept {
  const Interval harm = harmful(window);
  const Timestamp opened = std::min(std::max(record.start, record.end), record.start + kOpening);
  return record.start <= harm.until && opened >= harm.from;
}

StartRange starts_touched(const LossWindow& window) noexcept {
  const Interval harm = harmful(window);
  if (harm.until < harm.from) return {harm.from, harm.until};
  return {harm.from - kOpening, harm.until};
}

std::size_t mark_touched(std::span<const LossWindow> windows, std::span<SessionRecord> records) {
  std::size_t marked = 0;
  for (SessionRecord& record : records) {
    if (record.loss.window.value_or(false)) continue;
    if (std::any_of(windows.begin(), windows.end(),
                    [&](const LossWindow& window) { return touches(window, record); })) {
      record.loss.window = true;
      ++marked;
    }
  }
  return marked;
}

std::string_view name_of(LossKind kind) noexcept {
  switch (kind) {
    case LossKind::kernel:
      return "kernel";
    case LossKind::interface:
      return "interface";
    case LossKind::sensor:
      return "sensor";
    case LossKind::away:
      return "away";
    case LossKind::downtime:
      return "downtime";
    case LossKind::clock:
      return "clock";
    case LossKind::records:
      return "records";
    case LossKind::other:
      break;
  }
  return "other";
}

void add_loss(std::vector<LossWindow>& list, const LossWindow& window) {
  const auto same = std::find_if(list.rbegin(), list.rend(), [&](const LossWindow& one) {
    return one.kind == window.kind && one.interface_name == window.interface_name;
  });
  const bool full = list.size() >= kBatchLossLimit;
  if (same != list.rend() && (full || window.from <= same->until + kJoined)) {
    return join(*same, window);
  }
  if (!full) {
    list.push_back(window);
  } else {
    join(list.back(), window);
    list.back().kind = LossKind::other;
  }
}

}  // namespace sekimori
