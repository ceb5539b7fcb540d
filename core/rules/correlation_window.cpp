#include "core/rules/correlation_window.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>
#include <unordered_map>

namespace sekimori {
namespace {

using Events = std::span<const WindowEvent>;

// What a window holds, kept up to date while its ends move on.
class Tally {
 public:
  explicit Tally(const WindowRule& rule) : rule_{rule} {}

  void add(const WindowEvent& event) {
    switch (rule_.type) {
      case CorrelationType::event_count:
      case CorrelationType::temporal_ordered:
        break;
      case CorrelationType::value_count:
        ++values_[event.value];
        break;
      case CorrelationType::temporal:
        each_source(event, [this](std::size_t source) { present_ += by_source_[source]++ == 0; });
        break;
    }
  }

  void remove(const WindowEvent& event) {
    switch (rule_.type) {
      case CorrelationType::event_count:
      case CorrelationType::temporal_ordered:
        break;
      case CorrelationType::value_count:
        if (const auto found = values_.find(event.value); --found->second == 0) {
          values_.erase(found);
        }
        break;
      case CorrelationType::temporal:
        each_source(event, [this](std::size_t source) { present_ -= --by_source_[source] == 0; });
        break;
    }
  }

  std::uint64_t count(Events window) const {
    switch (rule_.type) {
      case CorrelationType::event_count:
        return window.size();
      case CorrelationType::value_count:
        return values_.size();
      case CorrelationType::temporal:
        return present_;
      case CorrelationType::temporal_ordered:
        return longest_order(window);
    }
    return 0;
  }

 private:
  template <typename Visit>
  static void each_source(const WindowEvent& event, Visit visit) {
    for (std::uint64_t left = event.sources; left != 0; left &= left - 1) {
      visit(static_cast<std::size_t>(std::countr_zero(left)));
    }
  }

  // The most rules of which events follow each other in the rules' order, each later than the one
  // before. longest[s]: of those that end with rule s.
  std::uint64_t longest_order(Events window) const {
    std::array<std::uint64_t, kCorrelationRuleLimit> longest{}, next{};
    std::uint64_t most = 0;
    for (std::size_t at = 0; at < window.size();) {
      const Timestamp moment = window[at].time;
      next = longest;
      for (; at < window.size() && window[at].time == moment; ++at) {
        each_source(window[at], [&](std::size_t source) {
          std::uint64_t best = 0;
          for (std::size_t earlier = 0; earlier < source; ++earlier) {
            best = std::max(best, longest[earlier]);
          }
          next[source] = std::max(next[source], best + 1);
          most = std::max(most, next[source]);
        });
      }
      longest = next;
    }
    return most;
  }

  const WindowRule& rule_;
  std::unordered_map<std::string_view, std::size_t> values_;
  std::array<std::size_t, kCorrelationRuleLimit> by_source_{};
  std::uint64_t present_ = 0;
};

}  // namespace

WindowAnswer ask_windows(const WindowRule& rule, Events events, std::size_t at) {
  const auto at_or_after = [&](Timestamp time) {
    return static_cast<std::size_t>(
        std::lower_bound(events.begin(), events.end(), time,
                         [](const WindowEvent& one, Timestamp then) { return one.time < then; }) -
        events.begin());
  };
  const Timestamp own = events[at].time;
  WindowAnswer answer;
  Tally tally{rule};
  std::size_t first = at_or_after(own - rule.timespan);
  std::size_t end = first;
  for (std::size_t last = at; last < events.size(); last = end) {
    const Timestamp moment = events[last].time;
    if (moment - own > rule.timespan) break;
    for (; end < events.size() && events[end].time <= moment; ++end) tally.add(events[end]);
    for (; moment - events[first].time > rule.timespan; ++first) tally.remove(events[first]);
    const std::uint64_t count = tally.count(events.subspan(first, end - first));
    const bool holds = count_holds(rule.condition, count);
    if (holds || last == at) answer = {holds, count, first, end};
    if (holds) break;
  }
  return answer;
}

}  // namespace sekimori
