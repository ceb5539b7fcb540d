#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/rules/correlation.h"
#include "core/text/timestamp.h"

namespace sekimori {

struct CorrelatedSubject;

// One event of one group.
struct WindowEvent {
  Timestamp time;
  std::uint64_t sources = 0;             // bits: which of the correlation's rules it comes from
  std::string value;                     // value_count: what is counted; else empty
  CorrelatedSubject* subject = nullptr;  // the record or claim it is; not looked at here
};

struct WindowRule {
  CorrelationType type = CorrelationType::event_count;
  std::chrono::nanoseconds timespan{};
  std::span<const CountTest> condition;
  std::size_t sources = 1;
};

// What was found in the windows that contain one event.
struct WindowAnswer {
  bool holds = false;
  std::uint64_t count = 0;  // of the window that holds, else of the one that ends at the event
  std::size_t first = 0;    // that window's events: [first, end)
  std::size_t end = 0;
};

// Whether the condition holds in a window that contains the event at `at` and ends there, or at a
// later event that came before it was known. A window is as long as the timespan, both ends
// included; events of one moment are in it together, and have no order. So the answer for a group
// does not depend on the order in which its events become known, only which event completes it.
//
// `events` in order of time. Where events come in order, event_count costs two searches, the others
// one pass over the window.
WindowAnswer ask_windows(const WindowRule& rule, std::span<const WindowEvent> events,
                         std::size_t at);

}  // namespace sekimori
