#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/rules/rule.h"
#include "core/text/yaml.h"

namespace sekimori {

// Sigma 2.1, "Correlation Types". What 2.1 added to them (sums, averages, percentiles) is refused
// by name.
enum class CorrelationType : std::uint8_t { event_count, value_count, temporal, temporal_ordered };

enum class CountOperator : std::uint8_t { gt, gte, lt, lte, eq, neq };

// One entry of a correlation's condition. A range is two of them, and both must hold.
struct CountTest {
  CountOperator compare = CountOperator::gte;
  std::uint64_t number = 1;
};

// Whether every test holds of `count`.
bool count_holds(std::span<const CountTest> tests, std::uint64_t count) noexcept;

// "gte 3", "gt 100 and lte 200": for people.
std::string count_words(std::span<const CountTest> tests);

std::string_view word_of(CorrelationType type) noexcept;
std::string_view word_of(CountOperator compare) noexcept;

// More are no person's writing; the sources of an event are bits of one word.
inline constexpr std::size_t kCorrelationRuleLimit = 64;
inline constexpr std::size_t kGroupByLimit = 8;
// Twice as many events are kept for one group: 6 MB for this one, where one rule counts so far.
inline constexpr std::uint64_t kCountLimit = 20'000;
// A year and a day: evidence about a person has lost its weight long before.
inline constexpr std::chrono::nanoseconds kTimespanLimit = std::chrono::hours{24 * 366};

// One Sigma correlation rule as it was written, before any rule or field is looked up.
struct CorrelationRule {
  std::string file;
  std::uint32_t line = 0;  // of the document
  RuleFacts facts;         // category account: a correlation is about what its rules are about
  CorrelationType type = CorrelationType::event_count;
  std::vector<YamlNode> rules;     // scalars: ids and names, none twice
  std::vector<YamlNode> group_by;  // scalars: fields and aliases, none twice
  std::vector<YamlEntry> aliases;  // name; a map of rule and field
  std::chrono::nanoseconds timespan{};
  std::vector<CountTest> condition;  // of temporal types without one: as many as there are rules
  std::vector<YamlNode> counted;     // scalars: fields whose values are counted; of value_count
  bool generate = false;             // its rules speak for themselves too
  bool says_generate = false;        // and that was written
  std::vector<RuleTest> tests;       // of sequences
  std::string definition;            // what stands under `correlation`, whatever the layout
};

}  // namespace sekimori
