#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/record/field.h"
#include "core/rules/pack.h"

namespace sekimori {

// Counted by one thread, read by any: no more than a load and a store.
class Tally {
 public:
  Tally() noexcept = default;
  Tally& operator++() noexcept { return add(1); }
  Tally& operator--() noexcept { return add(~std::uint64_t{0}); }  // modulo 2^64
  operator std::uint64_t() const noexcept { return count_.load(std::memory_order_relaxed); }

 private:
  Tally& add(std::uint64_t more) noexcept {
    count_.store(count_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    return *this;
  }
  std::atomic<std::uint64_t> count_ = 0;
};

// How often each rule matched, and how often it stayed undecided for want of which field. What was
// counted for a class of rules (rule_index.h) is added to each of them when somebody asks. Borrows
// the pack. Any thread may read while the matcher's counts; what it reads of several
// numbers need not be of one moment.
class RuleCounters {
 public:
  explicit RuleCounters(const RulePack& pack);

  void count(const RuleIndex& index, RuleUnit unit, Answer answer) noexcept;
  // Of a class's unknown answer that was counted for a rule which gave its own.
  void take_back(const RuleIndex& index, RuleUnit unit, Answer answer) noexcept;

  std::uint64_t matched(std::size_t rule) const noexcept { return matched_[rule]; }
  // By the places of CompiledRule::asks().
  std::vector<std::uint64_t> undecided(std::size_t rule) const;

 private:
  Tally& cell(const RuleIndex& index, RuleUnit unit, FieldId missing) noexcept;

  const RulePack* pack_;
  std::vector<Tally> matched_;        // by rule
  std::vector<Tally> undecided_;      // modulo 2^64: sums are right, parts may be below zero
  std::vector<std::uint32_t> first_;  // by unit, into undecided_
};

// Asks a pack's rules and counts their answers, for one thread. Allocates when it is made, and then
// only what a regular expression needs.
class RuleMatcher {
 public:
  explicit RuleMatcher(std::shared_ptr<const RulePack> pack);

  // Borrowed until the next call.
  struct Found {
    std::span<const RuleUnit> rules;   // that match, numbers of the pack's rules in order of id
    std::span<const FieldId> missing;  // for want of which some rule stayed undecided, each once
  };
  // The same as asking every rule of the category, at the cost of those that have a say.
  Found match(Category category, const FieldReader& reader);
  // Rules of category session that name what it is; nothing is counted.
  Found match_names(const FieldReader& reader);

  const RulePack& pack() const noexcept { return *pack_; }
  const RuleCounters& counters() const noexcept { return counters_; }

 private:
  struct Slot {
    FieldValue value;
    FieldScratch scratch;
    std::uint32_t epoch = 0;
  };
  // A class that was asked in the stead of its members, of which some are found.
  struct Stead {
    RuleUnit unit;
    Answer answer;
    std::uint32_t left;  // members for which the answer stands
  };

  Found run(const RuleIndex& index, const FieldReader& reader);
  void begin();
  void visit(std::uint32_t node);
  void ask_several(const RuleIndex::Several& several);
  void ask_rules(std::span<const RuleUnit> always);
  void ask(RuleUnit unit);
  void note(RuleUnit unit, Answer answer);
  void note_missing(FieldId field);
  void take_out_of_stead(RuleUnit unit);
  const FieldValue& value_of(std::uint32_t slot);

  std::shared_ptr<const RulePack> pack_;
  RuleCounters counters_;
  bool counts_ = true;
  const RuleIndex* index_ = nullptr;
  FieldReader reader_;
  std::uint32_t epoch_ = 0;  // of what was noted for the record at hand
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> found_in_;    // epoch, by unit
  std::vector<std::uint32_t> missing_in_;  // epoch, by field
  std::vector<RuleUnit> found_;
  std::vector<Stead> steads_;
  std::vector<std::uint32_t> stead_in_;  // epoch, by unit
  std::vector<std::uint32_t> stead_at_;  // into steads_, by unit
  std::vector<RuleUnit> matches_;
  std::vector<FieldId> missing_;
};

}  // namespace sekimori
