#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/record/field.h"
#include "core/rules/compile.h"
#include "core/text/complaint.h"

namespace sekimori {

// The fields that rules of each category are compiled against. An empty one: the program that loads
// does not run that category; its rules are checked for form and left out.
struct PackSchemas {
  std::span<const FieldSpec> session;
  std::span<const FieldSpec> claim;

  std::span<const FieldSpec> of(Category category) const noexcept;
};

// Files in a pack: a hundred times the rules we ship.
inline constexpr std::size_t kPackFileLimit = 10'000;

// All rules of a folder, compiled. Immutable: replaced whole, never edited.
class RulePack {
 public:
  std::span<const CompiledRule> rules() const noexcept { return rules_; }  // in order of id
  // Indices into rules(), in order of id.
  std::span<const std::size_t> of(Category category) const noexcept {
    return by_category_[static_cast<std::size_t>(category)];
  }
  // SHA-256, 64 hex digits, over the files and placeholders it was made from: what a verdict names.
  const std::string& hash() const noexcept { return hash_; }
  const PackSchemas& schemas() const noexcept { return schemas_; }

 private:
  friend LoadedAll<RulePack> load_pack(const std::string& folder, const PackSchemas& schemas,
                                       const Placeholders& placeholders);
  std::vector<CompiledRule> rules_;
  std::array<std::vector<std::size_t>, kCategoryCount> by_category_;
  std::string hash_;
  PackSchemas schemas_;
};

// Every *.yml below `folder`, in order of path. All complaints of all files at once; then there is
// no pack, and whatever ran before goes on. Refused: a file or folder that everybody may write, an
// id that stands twice, a file named .yaml (it would be overlooked elsewhere). Rules whose status
// is `deprecated` are left out; one that is `unsupported` is a complaint.
LoadedAll<RulePack> load_pack(const std::string& folder, const PackSchemas& schemas,
                              const Placeholders& placeholders);

// `%name%` for rules, from a file of the form `regions: {name: [values]}`.
LoadedAll<Placeholders> load_placeholders(const std::string& path);

// How often each rule matched, and how often it stayed undecided for want of which field. One for
// each thread; allocates when made.
class RuleCounters {
 public:
  explicit RuleCounters(const RulePack& pack);

  void count(const RulePack& pack, std::size_t rule, Answer answer) noexcept;

  std::uint64_t matched(std::size_t rule) const noexcept { return counts_[rule].matched; }
  // By the places of CompiledRule::asks().
  std::span<const std::uint64_t> undecided(std::size_t rule) const noexcept {
    return counts_[rule].undecided;
  }

 private:
  struct Counts {
    std::uint64_t matched = 0;
    std::vector<std::uint64_t> undecided;
  };
  std::vector<Counts> counts_;  // by index into RulePack::rules()
};

// Asks every rule of the category and calls matched(rule) for each match, in order of id.
template <typename Matched>
void match_rules(const RulePack& pack, Category category, const FieldReader& reader,
                 RuleCounters& counters, Matched&& matched) {
  for (const std::size_t index : pack.of(category)) {
    const CompiledRule& rule = pack.rules()[index];
    const Answer answer = rule.evaluate(reader);
    counters.count(pack, index, answer);
    if (answer.truth == Truth::yes) matched(rule);
  }
}

}  // namespace sekimori
