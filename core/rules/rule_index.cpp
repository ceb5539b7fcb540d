#include "core/rules/rule_index.h"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/rules/guard.h"

namespace sekimori {
namespace {

using Fields = std::vector<FieldId>;  // sorted

bool contains(const Fields& fields, FieldId field) noexcept {
  return std::binary_search(fields.begin(), fields.end(), field);
}

Fields with(Fields fields, FieldId field) {
  fields.insert(std::upper_bound(fields.begin(), fields.end(), field), field);
  return fields;
}

// What is left of a rule when `absent` are, and the tests in `keyed` are told by their keys.
class Residue {
 public:
  Residue(const CompiledRule& rule, const Fields& absent, const std::vector<bool>& keyed)
      : rule_{rule}, absent_{absent}, keyed_{keyed} {}

  std::string text() {
    append(rule_.root());
    return std::move(text_);
  }

 private:
  void append(const CompiledRule::Node& node) {
    if (node.kind == CompiledRule::Node::Kind::test) return append_test(node.first);
    text_ += "&|!"[static_cast<std::size_t>(node.kind) - 1];
    text_ += '(';
    for (std::uint32_t at = 0; at < node.count; ++at) append(rule_.child(node, at));
    text_ += ')';
  }

  void append_test(std::uint32_t place) {
    const FieldTest& test = rule_.field_tests()[place];
    const bool keyed = !keyed_.empty() && keyed_[place];
    const bool unknown = contains(absent_, test.field) && is_unknown_when_absent(test);
    if (keyed || unknown) {
      text_ += unknown ? '?' : '=';
      text_ += std::to_string(test.field) + ';';
      return;
    }
    const std::string identity = identity_of(test);
    text_ += std::to_string(identity.size()) + ':' + identity;
  }

  const CompiledRule& rule_;
  const Fields& absent_;
  const std::vector<bool>& keyed_;
  std::string text_;
};

std::string counted_by(const RuleKey& key) {
  std::string text = std::to_string(key.field) + ':';
  text += static_cast<char>('0' + static_cast<int>(key.kind));
  return text + key.bytes;
}

}  // namespace

class IndexBuilder {
 public:
  IndexBuilder(RuleIndex& index, std::span<const CompiledRule> rules)
      : index_{index}, rules_{rules}, guards_(rules.size()) {
    index_.class_of_rule_.assign(rules.size(), kNoUnit);
  }

  void build(const std::vector<RuleUnit>& units) {
    if (units.empty()) return;
    for (const RuleUnit unit : units) guards_[unit] = guards_of(rules_[unit]);
    add_node(units, {});
  }

 private:
  using Entries = std::vector<FieldTable::Entry>;
  struct Choice {
    const Guard* guard = nullptr;
    std::size_t cost = 0;  // units that stand under its most frequent key
  };

  const CompiledRule& rule_of(RuleUnit unit) const noexcept {
    return rules_[index_.representative(unit)];
  }
  const std::vector<Guard>& guards_of_unit(RuleUnit unit) const noexcept {
    return guards_[index_.representative(unit)];
  }

  static bool is_open(const Guard& guard, const Fields& absent) noexcept {
    return !guard.of_one_field || !contains(absent, guard.field);
  }

  void count_keys(const std::vector<RuleUnit>& units, const Fields& absent) {
    uses_.clear();
    for (const RuleUnit unit : units) {
      for (const Guard& guard : guards_of_unit(unit)) {
        if (!is_open(guard, absent)) continue;
        for (const RuleKey& key : guard.keys) ++uses_[counted_by(key)];
      }
    }
  }

  std::size_t cost_of(const Guard& guard) const {
    std::size_t cost = 0;
    for (const RuleKey& key : guard.keys) cost = std::max(cost, uses_.at(counted_by(key)));
    return cost;
  }

  // The conjunct whose keys are rarest among the units. One field is better than several, whose
  // units are asked whenever one of the fields is absent.
  Choice choose(RuleUnit unit, const Fields& absent) const {
    constexpr std::size_t kSeveralFields = 8;
    Choice best;
    std::size_t least = 0;
    for (const Guard& guard : guards_of_unit(unit)) {
      if (!is_open(guard, absent)) continue;
      const std::size_t cost = cost_of(guard);
      const std::size_t weighed = guard.of_one_field ? cost : (cost + 1) * kSeveralFields;
      const bool better = best.guard == nullptr || weighed < least ||
                          (weighed == least && guard.field < best.guard->field);
      if (better) best = {&guard, cost}, least = weighed;
    }
    return best;
  }

  std::uint32_t add_node(const std::vector<RuleUnit>& units, const Fields& absent) {
    const auto number = static_cast<std::uint32_t>(index_.nodes_.size());
    index_.nodes_.emplace_back();
    RuleIndex::Node node;
    std::map<FieldId, Entries> entries;
    std::map<FieldId, std::vector<RuleUnit>> by_field;
    std::vector<std::pair<RuleUnit, const Guard*>> by_several;
    count_keys(units, absent);
    for (const RuleUnit unit : units) {
      const Choice choice = choose(unit, absent);
      if (choice.guard == nullptr) {
        node.always.push_back(unit);
        continue;
      }
      if (choice.guard->of_one_field) {
        by_field[choice.guard->field].push_back(unit);
      } else {
        by_several.emplace_back(unit, choice.guard);
      }
      for (const RuleKey& key : choice.guard->keys) {
        if (!contains(absent, key.field)) entries[key.field].push_back({key, unit});
      }
    }
    add_several(by_several, absent, node);
    for (auto& [field, some] : entries) {
      RuleIndex::Table table{field, slot_of(field), FieldTable{std::move(some)},
                             RuleIndex::kNowhere};
      const auto found = by_field.find(field);
      if (found != by_field.end()) {
        const Fields now = with(absent, field);
        table.when_absent = add_node(classes(found->second, now), now);
      }
      node.tables.push_back(std::move(table));
    }
    index_.nodes_[number] = std::move(node);
    return number;
  }

  // One unit for those that are the same when `absent` are.
  std::vector<RuleUnit> classes(const std::vector<RuleUnit>& units, const Fields& absent) {
    std::vector<RuleUnit> made;
    std::unordered_map<std::string, RuleUnit> known;
    for (const RuleUnit unit : units) {
      const auto [found, fresh] = known.emplace(Residue{rule_of(unit), absent, {}}.text(), kNoUnit);
      if (fresh) made.push_back(found->second = add_class(unit));
      put_in_class(unit, found->second);
    }
    return made;
  }

  void add_several(const std::vector<std::pair<RuleUnit, const Guard*>>& units,
                   const Fields& absent, RuleIndex::Node& node) {
    std::unordered_map<std::string, std::size_t> known;
    for (const auto& [unit, guard] : units) {
      std::vector<bool> keyed(rule_of(unit).field_tests().size(), false);
      for (const std::uint32_t test : guard->tests) keyed[test] = true;
      const auto [found, fresh] =
          known.emplace(Residue{rule_of(unit), absent, keyed}.text(), node.several.size());
      if (fresh) {
        node.several.push_back({add_class(unit), 0, slots_of(*guard), std::move(keyed)});
      }
      RuleIndex::Several& several = node.several[found->second];
      ++several.members;
      put_in_class(unit, several.unit);
    }
  }

  RuleUnit add_class(RuleUnit unit) {
    index_.representatives_.push_back(index_.representative(unit));
    index_.class_of_class_.push_back(kNoUnit);
    return index_.end_class() - 1;
  }

  void put_in_class(RuleUnit unit, RuleUnit its_class) {
    if (index_.has_class(unit)) {
      index_.class_of_class_[unit - index_.first_class_] = its_class;
    } else {
      index_.class_of_rule_[unit] = its_class;
    }
  }

  std::uint32_t slot_of(FieldId field) {
    auto& slots = index_.slots_;
    const auto found = std::find(slots.begin(), slots.end(), field);
    const auto slot = static_cast<std::uint32_t>(found - slots.begin());
    if (found == slots.end()) slots.push_back(field);
    return slot;
  }

  std::vector<std::uint32_t> slots_of(const Guard& guard) {
    std::vector<std::uint32_t> slots;
    for (const RuleKey& key : guard.keys) slots.push_back(slot_of(key.field));
    std::sort(slots.begin(), slots.end());
    slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
    return slots;
  }

  RuleIndex& index_;
  std::span<const CompiledRule> rules_;
  std::vector<std::vector<Guard>> guards_;             // by rule
  std::unordered_map<std::string, std::size_t> uses_;  // of the node being built
};

RuleIndex::RuleIndex(std::span<const CompiledRule> rules, std::span<const std::size_t> members,
                     RuleUnit first_class)
    : first_class_{first_class} {
  std::vector<RuleUnit> units;
  for (const std::size_t rule : members) units.push_back(static_cast<RuleUnit>(rule));
  IndexBuilder{*this, rules}.build(units);
}

}  // namespace sekimori
