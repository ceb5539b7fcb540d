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

// Steps for each byte of a record's texts (FieldTest::cost): what a list of 100,000 values takes.
// Of 255 bytes, as a server name may have, that is about 20 ms on one record that an attacker made
// for it; no list of words that people wrote comes near.
inline constexpr std::uint64_t kRuleCostLimit = 100'000;

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

  // The rule as a tree over its tests, for who indexes or explains it. Shared parts stand once.
  struct Node {
    enum class Kind : std::uint8_t { test, all, any, negation };
    Kind kind;
    std::uint32_t first;  // test: into field_tests(); else the place of the first child
    std::uint32_t count;
  };
  const Node& root() const noexcept { return nodes_[root_]; }
  const Node& child(const Node& node, std::uint32_t place) const noexcept {
    return nodes_[children_[node.first + place]];
  }
  std::span<const FieldTest> field_tests() const noexcept { return field_tests_; }

  // evaluate() with ask(index into field_tests()) in place of the tests.
  template <typename Ask>
  Answer evaluate(const Node& node, const Ask& ask) const noexcept {
    if (node.kind == Node::Kind::test) return ask(node.first);
    if (node.kind == Node::Kind::negation) {
      Answer answer = evaluate(child(node, 0), ask);
      if (answer.truth == Truth::unknown) return answer;
      answer.truth = answer.truth == Truth::yes ? Truth::no : Truth::yes;
      return answer;
    }
    // `all` keeps the least and stops at no, `any` keeps the greatest and stops at yes. Recursion
    // is as deep as the condition's brackets, which the reader bounds.
    const Truth stop = node.kind == Node::Kind::all ? Truth::no : Truth::yes;
    Answer result{node.kind == Node::Kind::all ? Truth::yes : Truth::no, 0};
    for (std::uint32_t place = 0; place < node.count; ++place) {
      const Answer answer = evaluate(child(node, place), ask);
      if (answer.truth == stop) return answer;
      if (answer.truth == Truth::unknown && result.truth != Truth::unknown) result = answer;
    }
    return result;
  }

 private:
  friend class RuleCompiler;

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
