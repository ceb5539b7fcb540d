#include "core/rules/compile.h"

#include <algorithm>
#include <utility>

#include "core/rules/compile_field.h"
#include "core/rules/inline_record.h"

namespace sekimori {

// Lays the tree of a rule out flat: children are consecutive numbers of nodes.
class RuleCompiler {
 public:
  RuleCompiler(const Rule& rule, const CompileContext& context) : rule_{rule}, context_{context} {
    out_.facts_ = rule.facts;
    out_.file_ = rule.file;
    out_.tests_ = rule.tests;
  }

  CompiledRule compile() {
    std::vector<std::uint32_t> selections;
    for (const Selection& selection : rule_.selections) {
      std::vector<std::uint32_t> alternatives;
      for (const auto& matches : selection.alternatives) alternatives.push_back(all_of(matches));
      selections.push_back(join(Kind::any, alternatives));
    }
    out_.root_ = condition(rule_.condition, selections);
    collect_fields();
    check_cost();
    check_rest();
    return std::move(out_);
  }

 private:
  using Kind = CompiledRule::Node::Kind;

  std::uint32_t all_of(const std::vector<FieldMatch>& matches) {
    std::vector<std::uint32_t> tests;
    for (const FieldMatch& match : matches) {
      const auto index = static_cast<std::uint32_t>(out_.field_tests_.size());
      out_.field_tests_.push_back(compile_field(match, context_));
      tests.push_back(push({Kind::test, index, 0}));
    }
    return join(Kind::all, tests);
  }

  std::uint32_t condition(const Condition& condition,
                          const std::vector<std::uint32_t>& selections) {
    if (condition.kind == Condition::Kind::selection) return selections[condition.selection];
    std::vector<std::uint32_t> parts;
    for (const Condition& part : condition.parts) {
      parts.push_back(this->condition(part, selections));
    }
    if (condition.kind == Condition::Kind::negation) return group(Kind::negation, parts);
    return join(condition.kind == Condition::Kind::all ? Kind::all : Kind::any, parts);
  }

  std::uint32_t join(Kind kind, const std::vector<std::uint32_t>& parts) {
    return parts.size() == 1 ? parts.front() : group(kind, parts);
  }

  std::uint32_t group(Kind kind, const std::vector<std::uint32_t>& parts) {
    const auto first = static_cast<std::uint32_t>(out_.children_.size());
    out_.children_.insert(out_.children_.end(), parts.begin(), parts.end());
    return push({kind, first, static_cast<std::uint32_t>(parts.size())});
  }

  std::uint32_t push(CompiledRule::Node node) {
    out_.nodes_.push_back(node);
    return static_cast<std::uint32_t>(out_.nodes_.size() - 1);
  }

  // Steps that asking the whole rule takes, with selections as often as the condition names them.
  std::uint64_t cost_of(std::uint32_t number, std::vector<std::uint64_t>& known) const {
    const CompiledRule::Node& node = out_.nodes_[number];
    if (node.kind == Kind::test) return out_.field_tests_[node.first].cost();
    if (known[number] != 0) return known[number];
    std::uint64_t cost = 0;
    for (std::uint32_t at = node.first; at < node.first + node.count; ++at) {
      cost += cost_of(out_.children_[at], known);
    }
    return known[number] = cost;
  }

  void check_cost() {
    std::vector<std::uint64_t> known(out_.nodes_.size(), 0);
    const std::uint64_t cost = cost_of(out_.root_, known);
    if (cost <= kRuleCostLimit) return;
    context_.complain(rule_.line, 0,
                      "takes " + std::to_string(cost) +
                          " steps for each byte of a record's texts, " + "of at most " +
                          std::to_string(kRuleCostLimit),
                      "make several rules of it, or write 'startswith', 'endswith' or whole values "
                      "where it says 'contains'");
  }

  void collect_fields() {
    std::vector<FieldId>& asks = out_.asks_;
    for (const FieldTest& test : out_.field_tests_) {
      asks.push_back(test.field);
      if (test.kind == FieldTest::Kind::other_field) asks.push_back(test.other);
    }
    std::sort(asks.begin(), asks.end());
    asks.erase(std::unique(asks.begin(), asks.end()), asks.end());
  }

  void check_rest() {
    for (const YamlNode& field : rule_.fields) {
      if (context_.find(field.text, field.line, field.column)) {
        out_.facts_.fields.push_back(field.text);
      }
    }
    for (const RuleTest& test : rule_.tests) {
      const auto& fields = test.capture.empty() ? test.record : test.where;
      const auto record = InlineRecord::read(rule_.file, fields, context_.schema);
      if (record) continue;
      context_.complaints.insert(context_.complaints.end(), record.error().begin(),
                                 record.error().end());
    }
  }

  const Rule& rule_;
  const CompileContext& context_;
  CompiledRule out_;
};

Answer CompiledRule::evaluate(const FieldReader& reader) const noexcept {
  return evaluate(root(), [&](std::uint32_t test) { return field_tests_[test].ask(reader); });
}

LoadedAll<CompiledRule> compile_rule(const Rule& rule, std::span<const FieldSpec> schema,
                                     const Placeholders& placeholders) {
  std::vector<Complaint> complaints;
  const CompileContext context{rule.file, schema, placeholders, complaints};
  CompiledRule compiled = RuleCompiler{rule, context}.compile();
  if (!complaints.empty()) return tl::unexpected{std::move(complaints)};
  return compiled;
}

}  // namespace sekimori
