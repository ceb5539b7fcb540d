#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/record/field.h"
#include "core/rules/field_test.h"
#include "core/rules/rule.h"
#include "core/text/complaint.h"

namespace sekimori {

// What `%name%` stands for in a value with `|expand`, such as the countries of a region.
using Placeholders = std::map<std::string, std::vector<std::string>, std::less<>>;

// A rule whose field names are ids of one schema. Immutable.
class CompiledRule {
 public:
  // Kleene: a test over an absent field is unknown, unknown passes through and, or and not, and
  // only `yes` is a match. No allocation but what a regular expression needs.
  Answer evaluate(const FieldReader& reader) const noexcept;

  const RuleFacts& facts() const noexcept { return facts_; }
  const std::string& file() const noexcept { return file_; }
  const std::vector<RuleTest>& tests() const noexcept { return tests_; }
  // The fields it asks for, each once, in the order of the schema.
  std::span<const FieldId> asks() const noexcept { return asks_; }

 private:
  friend class RuleCompiler;

  struct Node {
    enum class Kind : std::uint8_t { test, all, any, negation };
    Kind kind;
    std::uint32_t first;  // test: into tests; else into children
    std::uint32_t count;
  };
  Answer evaluate(const Node& node, const FieldReader& reader) const noexcept;

  RuleFacts facts_;
  std::string file_;
  std::vector<RuleTest> tests_;
  std::vector<FieldTest> field_tests_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> children_;
  std::uint32_t root_ = 0;
  std::vector<FieldId> asks_;
};

// Looks up the rule's fields, checks each value against its field's type and each modifier against
// both. All complaints at once; a misspelt field is answered with the nearest one of the schema.
LoadedAll<CompiledRule> compile_rule(const Rule& rule, std::span<const FieldSpec> schema,
                                     const Placeholders& placeholders);

}  // namespace sekimori
