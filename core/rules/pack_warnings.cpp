#include "core/rules/pack_warnings.h"

#include <algorithm>
#include <map>
#include <optional>

#include "core/rules/guard.h"

namespace sekimori {
namespace {

using Node = CompiledRule::Node;

// There in every record.
constexpr std::string_view kAlwaysPresent[] = {
    "@timestamp",   "event.id",  "event.type", "event.start",      "network.transport",
    "network.type", "client.ip", "server.ip",  "sekimori.vantage", "sekimori.path"};

bool says_nothing(const RuleFacts& facts) {
  return facts.finding.empty() && facts.mismatch.empty() && !facts.names_something() &&
         facts.level == "informational";
}

class Watcher {
 public:
  Watcher(const RulePack& pack, const KnownNames& known) : pack_{pack}, known_{known} {
    for (const CompiledRule& rule : pack.rules()) {
      const RuleFacts& facts = rule.facts();
      const auto add = [](auto& set, const std::string& name) {
        if (!name.empty()) set.insert(name);
      };
      add(known_.protocols, facts.protocol);
      add(known_.applications, facts.application);
      add(known_.remote_access, facts.remote_access);
      add(known_.tunnels, facts.tunnel);
    }
  }

  std::vector<RuleWarning> look() {
    for (const CompiledRule& rule : pack_.rules()) {
      rule_ = &rule;
      schema_ = pack_.schemas().of(rule.facts().category);
      about_form(rule.file(), rule.facts(), rule.tests());
      about_ja3();
      about_index();
      about_negations();
      about_names();
      about_overlap();
    }
    for (const Correlation& one : pack_.correlations()) about_form(one.file, one.facts, one.tests);
    return std::move(warnings_);
  }

 private:
  void warn(std::string_view kind, std::string what, std::string way_out) {
    warnings_.push_back({rule_->file(), rule_->facts().id, rule_->facts().title, kind,
                         std::move(what), std::move(way_out)});
  }
  std::string quoted(FieldId field) const { return "'" + std::string{schema_[field].name} + "'"; }
  bool asks(std::string_view name) const {
    const auto asked = rule_->asks();
    return std::any_of(asked.begin(), asked.end(),
                       [&](FieldId field) { return schema_[field].name == name; });
  }

  template <typename Tests>
  void about_form(const std::string& file, const RuleFacts& facts, const Tests& tests) {
    const auto warn = [&](std::string_view kind, std::string what, std::string way_out) {
      warnings_.push_back({file, facts.id, facts.title, kind, std::move(what), std::move(way_out)});
    };
    if (tests.empty()) {
      warn("untested", "has no tests",
           "write one that matches and one that does not (sekimori.tests)");
    }
    // A part of a correlation, which says what it means.
    if (says_nothing(facts)) return;
    if (!facts.has_references) {
      warn("unreferenced", "has no references",
           "name where it comes from, so that it can be checked");
    }
    if (!facts.has_falsepositives) {
      warn("unbounded", "says nothing of false positives",
           "name what else it may match; 'none known' if that is so");
    }
  }

  void about_ja3() {
    if (!asks("tls.client.ja3") || asks("tls.client.ja4") || asks("tls.client.server_name")) return;
    warn("ja3_only", "knows its client by JA3 alone",
         "today's browsers shuffle extensions, so that JA3 changes with each connection, and many "
         "programs share one: ask tls.client.ja4 or another field too");
  }

  void about_index() {
    if (!guards_of(*rule_).empty()) return;
    warn("unindexed", "is asked of every record",
         "add a test on a whole value, a beginning, an end, a number or a network that must hold");
  }

  // Fields under a negation, and those that are asked outside of one.
  void collect(const Node& node, bool negated, std::set<FieldId>& inside,
               std::set<FieldId>& outside) const {
    if (node.kind == Node::Kind::test) {
      const FieldTest& test = rule_->field_tests()[node.first];
      const bool decides = is_unknown_when_absent(test) && test.searched.empty();
      if (!negated) outside.insert(test.field);
      if (negated && decides) inside.insert(test.field);
      return;
    }
    const bool below = negated != (node.kind == Node::Kind::negation);
    const std::uint32_t children = node.kind == Node::Kind::negation ? 1 : node.count;
    for (std::uint32_t place = 0; place < children; ++place) {
      collect(rule_->child(node, place), below, inside, outside);
    }
  }

  void about_negations() {
    std::set<FieldId> inside;
    std::set<FieldId> outside;
    collect(rule_->root(), false, inside, outside);
    for (const FieldId field : inside) {
      const bool always = std::find(std::begin(kAlwaysPresent), std::end(kAlwaysPresent),
                                    schema_[field].name) != std::end(kAlwaysPresent);
      if (always || outside.contains(field)) continue;
      warn("negates_absent", "'not' over " + quoted(field) + ", which is often absent",
           "where it is absent the rule stays undecided: ask '" + std::string{schema_[field].name} +
               "|exists: true' too if that is meant, or list null among the values");
    }
  }

  void about_names() {
    for (const FieldTest& test : rule_->field_tests()) {
      const std::string_view field = schema_[test.field].name;
      const auto* const known = field == "network.protocol"              ? &known_.protocols
                                : field == "network.application"         ? &known_.applications
                                : field == "sekimori.remote_access.name" ? &known_.remote_access
                                : field == "sekimori.tunnel.name"        ? &known_.tunnels
                                                                         : nullptr;
      if (known == nullptr || test.kind != FieldTest::Kind::patterns) continue;
      for (const Pattern& pattern : test.patterns) {
        const std::string word = pattern.head();
        if (!pattern.is_plain() || known->contains(word)) continue;
        warn("unknown_name",
             "asks whether " + quoted(test.field) + " is '" + word +
                 "', which no parser, classifier or rule says",
             "names are lower case: see 'sekimori:' names in the pack");
      }
    }
  }

  // Another rule that asks the very same, or one that shares a value by which alone both are found.
  void about_overlap() {
    const auto [same, fresh] = by_question_.emplace(question(rule_->root()), rule_);
    if (!fresh) {
      return warn(
          "overlap",
          "asks the same as '" + same->second->facts().title + "' (" + same->second->file() + ")",
          "take one of them out");
    }
    if (rule_->asks().size() != 1) return;
    for (const Guard& guard : guards_of(*rule_)) {
      for (const RuleKey& key : guard.keys) {
        if (key.kind != KeyKind::equal) continue;
        const auto [other, first] = by_value_.emplace(std::pair{key.field, key.bytes}, rule_);
        if (first || other->second == rule_) continue;
        return warn("overlap",
                    "a value of " + quoted(key.field) + " alone is enough for this rule and for '" +
                        other->second->facts().title + "' (" + other->second->file() + ")",
                    "let one of them have it");
      }
    }
  }
  std::string question(const Node& node) const {
    if (node.kind == Node::Kind::test) {
      return std::string{static_cast<char>('0' + static_cast<int>(rule_->facts().category))} +
             identity_of(rule_->field_tests()[node.first]);
    }
    std::vector<std::string> parts;
    const std::uint32_t children = node.kind == Node::Kind::negation ? 1 : node.count;
    for (std::uint32_t place = 0; place < children; ++place) {
      parts.push_back(question(rule_->child(node, place)));
    }
    if (parts.size() == 1 && node.kind != Node::Kind::negation) return parts.front();
    std::sort(parts.begin(), parts.end());
    std::string text{node.kind == Node::Kind::all   ? "all("
                     : node.kind == Node::Kind::any ? "any("
                                                    : "not("};
    for (const std::string& part : parts) text += part + "\x1f";
    return text + ")";
  }

  const RulePack& pack_;
  KnownNames known_;
  const CompiledRule* rule_ = nullptr;
  std::span<const FieldSpec> schema_;
  std::map<std::string, const CompiledRule*> by_question_;
  std::map<std::pair<FieldId, std::string>, const CompiledRule*> by_value_;
  std::vector<RuleWarning> warnings_;
};

}  // namespace

std::string RuleWarning::text() const {
  return file + ": warning: '" + title + "' " + what + " (" + way_out + ")";
}

std::vector<RuleWarning> warnings_of(const RulePack& pack, const KnownNames& known) {
  return Watcher{pack, known}.look();
}

}  // namespace sekimori
