#include "core/rules/correlation_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>

namespace sekimori {
namespace {

using std::chrono::seconds;

constexpr Timestamp kBegin{std::chrono::sys_days{std::chrono::year{2024} / 3 / 26}};

WindowEvent at(int second, std::uint64_t sources = 1, std::string value = "") {
  return {kBegin + seconds{second}, sources, std::move(value), nullptr};
}

WindowRule rule(CorrelationType type, int span, std::span<const CountTest> tests,
                std::size_t sources = 1) {
  return {type, seconds{span}, tests, sources};
}

TEST(CorrelationWindow, CountsWithBothEnds) {
  const CountTest three[] = {{CountOperator::gte, 3}};
  const std::vector<WindowEvent> events{at(0), at(4), at(10), at(11)};
  const auto asked = [&](std::size_t which) {
    return ask_windows(rule(CorrelationType::event_count, 10, three),
                       std::span{events}.first(which + 1), which);
  };
  EXPECT_FALSE(asked(1).holds);
  EXPECT_EQ(asked(1).count, 2U);
  EXPECT_TRUE(asked(2).holds);  // ten seconds from the first, which still counts
  EXPECT_EQ(asked(2).count, 3U);
  EXPECT_EQ(asked(3).first, 1U);  // eleven do not
  EXPECT_EQ(asked(3).end, 4U);
}

TEST(CorrelationWindow, AnEventThatCameLateCompletesALaterOne) {
  const CountTest three[] = {{CountOperator::gte, 3}};
  const std::vector<WindowEvent> events{at(0), at(5), at(10)};
  const WindowAnswer answer = ask_windows(rule(CorrelationType::event_count, 10, three), events, 0);
  EXPECT_TRUE(answer.holds);
  EXPECT_EQ(answer.end, 3U);
}

TEST(CorrelationWindow, EventsOfOneMomentHaveNoOrder) {
  const CountTest both[] = {{CountOperator::gte, 2}};
  const auto ordered = rule(CorrelationType::temporal_ordered, 10, both, 2);
  const auto near = rule(CorrelationType::temporal, 10, both, 2);
  const std::vector<WindowEvent> together{at(3, 1), at(3, 2)};
  EXPECT_FALSE(ask_windows(ordered, together, 1).holds);
  EXPECT_TRUE(ask_windows(near, together, 1).holds);
  const std::vector<WindowEvent> in_order{at(3, 1), at(4, 2)};
  EXPECT_TRUE(ask_windows(ordered, in_order, 1).holds);
  const std::vector<WindowEvent> reversed{at(3, 2), at(4, 1)};
  EXPECT_FALSE(ask_windows(ordered, reversed, 1).holds);
  EXPECT_TRUE(ask_windows(near, reversed, 1).holds);
  // One event that two rules match is both, but does not follow itself.
  const std::vector<WindowEvent> one{at(3, 3)};
  EXPECT_TRUE(ask_windows(near, one, 0).holds);
  EXPECT_FALSE(ask_windows(ordered, one, 0).holds);
}

// What a person would count, window by window, with no idea of efficiency.
std::uint64_t naive_count(const WindowRule& rule, const std::vector<WindowEvent>& window) {
  std::set<std::string> values;
  std::uint64_t sources = 0;
  for (const WindowEvent& event : window) {
    values.insert(event.value);
    sources |= event.sources;
  }
  const auto number_of = [](std::uint64_t bits) {
    return static_cast<std::uint64_t>(__builtin_popcountll(bits));
  };
  switch (rule.type) {
    case CorrelationType::event_count:
      return window.size();
    case CorrelationType::value_count:
      return values.size();
    case CorrelationType::temporal:
      return number_of(sources);
    case CorrelationType::temporal_ordered:
      break;
  }
  // Every set of rules: does the window have them in order?
  std::uint64_t most = 0;
  for (std::uint64_t chosen = 1; chosen < (1U << rule.sources); ++chosen) {
    const std::function<bool(std::size_t, Timestamp)> follows = [&](std::size_t source,
                                                                    Timestamp after) {
      while (source < rule.sources && (chosen >> source & 1U) == 0) ++source;
      if (source == rule.sources) return true;
      return std::any_of(window.begin(), window.end(), [&](const WindowEvent& event) {
        return (event.sources >> source & 1U) != 0 && event.time > after &&
               follows(source + 1, event.time);
      });
    };
    if (follows(0, Timestamp::min())) most = std::max(most, number_of(chosen));
  }
  return most;
}

bool naive_holds(const WindowRule& rule, const std::vector<WindowEvent>& events, std::size_t own) {
  for (const WindowEvent& last : events) {
    if (last.time < events[own].time || last.time - events[own].time > rule.timespan) continue;
    std::vector<WindowEvent> window;
    for (const WindowEvent& event : events) {
      if (event.time <= last.time && last.time - event.time <= rule.timespan) {
        window.push_back(event);
      }
    }
    if (count_holds(rule.condition, naive_count(rule, window))) return true;
  }
  return false;
}

TEST(CorrelationWindow, AgreesWithANaiveRecount) {
  std::mt19937 dice{20240326};
  const auto roll = [&](int sides) {
    return static_cast<int>(dice() % static_cast<unsigned>(sides));
  };
  std::array<int, 4> held{}, not_held{};
  for (int round = 0; round < 4000; ++round) {
    const auto type = static_cast<CorrelationType>(round % 4);
    const std::size_t sources = static_cast<std::size_t>(2 + roll(2));
    std::vector<CountTest> tests{
        {static_cast<CountOperator>(roll(6)), static_cast<std::uint64_t>(roll(5))}};
    if (roll(3) == 0) tests.push_back({CountOperator::lte, static_cast<std::uint64_t>(roll(6))});
    const WindowRule asked = rule(type, 1 + roll(12), tests, sources);
    std::vector<WindowEvent> events;
    for (int left = 1 + roll(9); left > 0; --left) {
      events.push_back(at(roll(25), 1 + static_cast<std::uint64_t>(roll((1 << sources) - 1)),
                          std::string(1, static_cast<char>('a' + roll(4)))));
    }
    std::stable_sort(events.begin(), events.end(),
                     [](const auto& one, const auto& other) { return one.time < other.time; });
    for (std::size_t own = 0; own < events.size(); ++own) {
      const WindowAnswer answer = ask_windows(asked, events, own);
      const bool expected = naive_holds(asked, events, own);
      ASSERT_EQ(answer.holds, expected) << "round " << round << ", event " << own;
      ++(expected ? held : not_held)[static_cast<std::size_t>(type)];
      const std::vector<WindowEvent> window(
          events.begin() + static_cast<std::ptrdiff_t>(answer.first),
          events.begin() + static_cast<std::ptrdiff_t>(answer.end));
      ASSERT_EQ(answer.count, naive_count(asked, window)) << "round " << round;
    }
  }
  for (const int times : held) EXPECT_GT(times, 500);
  for (const int times : not_held) EXPECT_GT(times, 500);
}

}  // namespace
}  // namespace sekimori
