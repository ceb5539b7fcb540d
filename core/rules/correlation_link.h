#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/record/field.h"
#include "core/rules/correlation.h"
#include "core/rules/rule.h"
#include "core/rules/rule_names.h"
#include "core/text/complaint.h"

namespace sekimori {

struct PackSchemas;

// What an event can be: a session record, or a claim with what it was joined with.
inline constexpr std::array<Category, 2> kEventCategories{Category::session, Category::claim};

// A correlation rule whose rules and fields are found. Immutable.
struct Correlation {
  // Where an event's group and counted values are read, by its category.
  struct Fields {
    bool possible = false;         // an event of this category can come from here
    std::vector<FieldId> group;    // as many as group_by
    std::vector<FieldId> counted;  // as many as counted
  };
  // One of the rules it looks at.
  struct Source {
    std::string name;  // as written
    std::string id;    // of the rule; empty for a correlation
    bool is_correlation = false;
    std::uint32_t number = 0;  // into the pack's rules, or its correlations
    std::array<Fields, kEventCategories.size()> fields;
  };

  RuleFacts facts;
  std::string file;
  std::uint32_t line = 0;
  CorrelationType type = CorrelationType::event_count;
  std::chrono::nanoseconds timespan{};
  std::vector<CountTest> condition;
  std::vector<std::string> group_by;  // as written
  std::vector<std::string> counted;   // as written
  std::vector<Source> sources;
  std::vector<RuleTest> tests;
  // It, or a rule that it looks at, is experimental: reported, never scored.
  bool shadow = false;
  // The same in two packs: so is all that decides what it counts, so its state stays good.
  std::string definition;
};

// Correlations in an order in which each comes after those it looks at, and what they silence.
struct LinkedCorrelations {
  std::vector<Correlation> correlations;
  // Ids of rules that only speak through correlations (Sigma: generate is false).
  std::vector<std::string> silent;
};

// Looks up the rules and fields of every correlation. `rules` with their filters worked in.
// Complains of names that call nothing, cycles, fields that an event cannot have, aliases that do
// not name a rule, and findings that no claim could ever carry.
LinkedCorrelations link_correlations(const std::vector<CorrelationRule>& written,
                                     const std::vector<Rule>& rules, RuleNames& names,
                                     const PackSchemas& schemas, std::string_view placeholders,
                                     std::vector<Complaint>& complaints);

}  // namespace sekimori
