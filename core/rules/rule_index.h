#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/record/field.h"
#include "core/rules/compile.h"
#include "core/rules/field_table.h"

namespace sekimori {

// A rule by its number in the pack; or, from the pack's rules on, a class of rules that cannot be
// told apart by a record which lacks the fields they are found by. What is counted for a class is
// counted for each rule in it.
using RuleUnit = std::uint32_t;
inline constexpr RuleUnit kNoUnit = static_cast<RuleUnit>(-1);

// Where the rules for a record are found. Immutable.
//
// Each rule stands under the keys of one conjunct (guard.h). Where that field is present and none
// of its keys is found, the rule says no, and nobody asks it. Where the field is absent, the
// conjunct is unknown for every rule under it; those that then ask for the same things are one
// class, classes stand under their next conjunct in the same way, and one of each is asked for all.
// A conjunct over several fields makes a class of its own: the answer of its rules when no key is
// found, from which the rules that are found are taken out again.
class RuleIndex {
 public:
  struct Table {
    FieldId field = 0;
    std::uint32_t slot = 0;                // of the field, in MatchState
    FieldTable values;                     // units
    std::uint32_t when_absent = kNowhere;  // a node
  };
  // Units found by several fields, in whose stead one is asked.
  struct Several {
    RuleUnit unit = kNoUnit;
    std::uint32_t members = 0;
    std::vector<std::uint32_t> slots;  // all of them present: nothing to ask
    std::vector<bool> by_key;          // of its tests: no unless a key is found
  };
  struct Node {
    std::vector<Table> tables;
    std::vector<Several> several;
    std::vector<RuleUnit> always;  // ascending
  };
  static constexpr std::uint32_t kNowhere = static_cast<std::uint32_t>(-1);

  RuleIndex() = default;
  // `members` are numbers of `rules`, ascending; classes are numbered from `first_class`.
  RuleIndex(std::span<const CompiledRule> rules, std::span<const std::size_t> members,
            RuleUnit first_class);

  std::span<const Node> nodes() const noexcept { return nodes_; }  // the root first
  std::span<const FieldId> slots() const noexcept { return slots_; }
  RuleUnit first_class() const noexcept { return first_class_; }
  RuleUnit end_class() const noexcept {
    return first_class_ + static_cast<RuleUnit>(representatives_.size());
  }
  bool has_class(RuleUnit unit) const noexcept {
    return unit >= first_class_ && unit < end_class();
  }
  // The rule that is asked for the unit.
  std::size_t representative(RuleUnit unit) const noexcept {
    return unit < first_class_ ? unit : representatives_[unit - first_class_];
  }
  // The class that the unit belongs to, or kNoUnit.
  RuleUnit class_of(RuleUnit unit) const noexcept {
    if (has_class(unit)) return class_of_class_[unit - first_class_];
    return unit < class_of_rule_.size() ? class_of_rule_[unit] : kNoUnit;
  }

 private:
  friend class IndexBuilder;

  std::vector<Node> nodes_;
  std::vector<FieldId> slots_;
  RuleUnit first_class_ = 0;
  std::vector<std::size_t> representatives_;  // by class
  std::vector<RuleUnit> class_of_rule_;
  std::vector<RuleUnit> class_of_class_;
};

}  // namespace sekimori
