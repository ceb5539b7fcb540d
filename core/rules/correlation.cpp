#include "core/rules/correlation.h"

#include <algorithm>
#include <array>

namespace sekimori {
namespace {

bool holds(CountTest test, std::uint64_t count) noexcept {
  switch (test.compare) {
    case CountOperator::gt:
      return count > test.number;
    case CountOperator::gte:
      return count >= test.number;
    case CountOperator::lt:
      return count < test.number;
    case CountOperator::lte:
      return count <= test.number;
    case CountOperator::eq:
      return count == test.number;
    case CountOperator::neq:
      return count != test.number;
  }
  return false;
}

}  // namespace

bool count_holds(std::span<const CountTest> tests, std::uint64_t count) noexcept {
  return std::all_of(tests.begin(), tests.end(),
                     [count](CountTest test) { return holds(test, count); });
}

std::string count_words(std::span<const CountTest> tests) {
  std::string words;
  for (const CountTest& test : tests) {
    if (!words.empty()) words += " and ";
    words += std::string{word_of(test.compare)} + " " + std::to_string(test.number);
  }
  return words;
}

std::string_view word_of(CorrelationType type) noexcept {
  constexpr std::array<std::string_view, 4> kWords{"event_count", "value_count", "temporal",
                                                   "temporal_ordered"};
  return kWords.at(static_cast<std::size_t>(type));
}

std::string_view word_of(CountOperator compare) noexcept {
  constexpr std::array<std::string_view, 6> kWords{"gt", "gte", "lt", "lte", "eq", "neq"};
  return kWords.at(static_cast<std::size_t>(compare));
}

}  // namespace sekimori
