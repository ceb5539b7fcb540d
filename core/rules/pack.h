#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/record/field.h"
#include "core/rules/compile.h"
#include "core/rules/correlation_link.h"
#include "core/rules/rule_index.h"
#include "core/text/complaint.h"

namespace sekimori {

// The fields that rules of each category are compiled against. An empty one: the program that loads
// does not run that category; its rules are checked for form and left out.
struct PackSchemas {
  std::span<const FieldSpec> session;
  std::span<const FieldSpec> claim;

  std::span<const FieldSpec> of(Category category) const noexcept;
};

// Files in a pack, and rules with filters and correlations in all of them: far more than people
// write by hand, so that a folder given by mistake ends soon.
inline constexpr std::size_t kPackFileLimit = 10'000;
inline constexpr std::size_t kPackRuleLimit = 100'000;

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

  // Where the rules of a category are found, and those of category session that name it and are not
  // in shadow.
  const RuleIndex& index(Category category) const noexcept {
    return indices_[static_cast<std::size_t>(category)];
  }
  const RuleIndex& naming_index() const noexcept { return indices_.back(); }
  std::span<const RuleIndex> indices() const noexcept { return indices_; }

  // Each after those it looks at. None where rules of category claim are not run: events of a claim
  // are half of what correlations are about.
  std::span<const Correlation> correlations() const noexcept { return correlations_; }
  // Where an event goes that comes from a rule or a correlation: which correlation, and the place
  // among its sources.
  struct Use {
    std::uint32_t correlation;
    std::uint32_t source;
  };
  std::span<const Use> uses_of_rule(std::size_t rule) const noexcept {
    return correlations_.empty() ? std::span<const Use>{} : rule_uses_[rule];
  }
  std::span<const Use> uses_of_correlation(std::size_t correlation) const noexcept {
    return correlation_uses_[correlation];
  }
  // A rule's number by its id, as session records have it.
  std::optional<std::uint32_t> find_rule(std::string_view id) const noexcept;
  // Whether a rule or a correlation is only heard through correlations (Sigma: generate is false).
  bool is_silent(std::string_view id) const noexcept;

  RulePack() = default;
  // Rules in any order, ids once.
  RulePack(std::vector<CompiledRule> rules, std::string hash, const PackSchemas& schemas,
           LinkedCorrelations linked = {});

 private:
  std::vector<CompiledRule> rules_;
  std::array<std::vector<std::size_t>, kCategoryCount> by_category_;
  std::array<RuleIndex, kCategoryCount + 1> indices_;
  std::vector<Correlation> correlations_;
  std::vector<std::vector<Use>> rule_uses_, correlation_uses_;
  std::vector<std::string> silent_;  // ids, sorted
  std::string hash_;
  PackSchemas schemas_;
};

// Every document of every *.yml below `folder`, or of the file of that name, in order of path;
// filters are worked into the rules they name, and correlations find theirs, wherever those stand.
// All complaints of all files at once; then there is no pack, and whatever ran before goes on.
// Refused: a file or folder that everybody may write, an id or name that stands twice, a file named
// .yaml (it would be overlooked elsewhere). Rules whose status is `deprecated` are left out; one
// that is `unsupported` is a complaint.
LoadedAll<RulePack> load_pack(const std::string& folder, const PackSchemas& schemas,
                              const Placeholders& placeholders);

// `%name%` for rules, from a file of the form `regions: {name: [values]}`.
LoadedAll<Placeholders> load_placeholders(const std::string& path);

}  // namespace sekimori
