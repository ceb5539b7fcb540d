#include "core/rules/correlation_link.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/rules/inline_record.h"
#include "core/rules/pack.h"
#include "core/rules/sequence.h"
#include "core/text/sha256.h"

namespace sekimori {
namespace {

constexpr std::string_view category_words(Category category) noexcept {
  return category == Category::session ? "a session" : "a claim";
}

class CorrelationLinker {
 public:
  CorrelationLinker(const std::vector<CorrelationRule>& written, const std::vector<Rule>& rules,
                    RuleNames& names, const PackSchemas& schemas, std::string_view placeholders,
                    std::vector<Complaint>& complaints)
      : written_{written},
        rules_{rules},
        names_{names},
        schemas_{schemas},
        placeholders_{placeholders},
        complaints_{complaints},
        states_(written.size()) {}

  LinkedCorrelations link() {
    for (std::size_t at = 0; at < written_.size(); ++at) visit(at);
    for (const std::string& id : silenced_) {
      if (generated_.count(id) == 0) out_.silent.push_back(id);
    }
    return std::move(out_);
  }

 private:
  enum class Mark : std::uint8_t { fresh, open, done };
  struct State {
    Mark mark = Mark::fresh;
    std::uint32_t number = 0;  // into out_.correlations, when it is sound
    bool sound = false;
  };
  struct Found {
    const RuleNames::Named* named;
    const YamlNode* word;
  };

  void complain(const CorrelationRule& of, const YamlNode& at, std::string what,
                std::string way_out = {}) {
    complaints_.push_back({of.file, at.line, at.column, std::move(what), std::move(way_out)});
  }
  void complain(const CorrelationRule& of, std::string what, std::string way_out = {}) {
    complaints_.push_back({of.file, of.line, 0, std::move(what), std::move(way_out)});
  }

  // Depth first; as deep as correlations of correlations go, which kDepthLimit bounds.
  void visit(std::size_t at) {
    State& state = states_[at];
    if (state.mark != Mark::fresh) return;
    state.mark = Mark::open;
    const CorrelationRule& rule = written_[at];
    path_.push_back(at);
    const std::size_t before = complaints_.size();
    if (rule.facts.status == RuleStatus::unsupported) {
      complain(rule, "its status says that it cannot be used", "remove it from the pack");
    }
    std::vector<Found> found;
    for (const YamlNode& word : rule.rules) {
      const RuleNames::Named* named = names_.find(rule.file, word);
      if (named != nullptr && usable(rule, word, *named)) found.push_back({named, &word});
    }
    if (found.size() == rule.rules.size() && rule.facts.status != RuleStatus::deprecated) {
      add(rule, found);
      state.sound = complaints_.size() == before;
      if (state.sound) {
        state.number = static_cast<std::uint32_t>(out_.correlations.size());
        out_.correlations.push_back(std::move(made_));
      }
    }
    path_.pop_back();
    state.mark = Mark::done;
  }

  static constexpr std::size_t kDepthLimit = 32;

  bool usable(const CorrelationRule& rule, const YamlNode& word, const RuleNames::Named& named) {
    const RuleFacts& facts = named.kind == RuleNames::Kind::rule ? rules_[named.index].facts
                                                                 : written_[named.index].facts;
    if (facts.status == RuleStatus::deprecated) {
      complain(rule, word, "'" + word.text + "' is deprecated, so no event would come from it");
      return false;
    }
    if (named.kind == RuleNames::Kind::rule) {
      if (facts.category != Category::account) return true;
      complain(rule, word, "'" + word.text + "' is of category account, which is not supported");
      return false;
    }
    if (states_[named.index].mark == Mark::open) {
      complain(rule, word, "'" + word.text + "' looks at this rule in turn: " + cycle(named.index),
               "a correlation cannot wait for itself");
      return false;
    }
    if (path_.size() >= kDepthLimit) {
      complain(rule, word, "more than " + std::to_string(kDepthLimit) + " correlations in a chain");
      return false;
    }
    visit(named.index);
    // What is wrong with it is told in its own place; this one cannot be judged without it.
    return states_[named.index].sound;
  }

  std::string cycle(std::size_t from) const {
    std::string words;
    for (auto at = std::find(path_.begin(), path_.end(), from); at != path_.end(); ++at) {
      const RuleFacts& facts = written_[*at].facts;
      words += "'" + (facts.name.empty() ? facts.title : facts.name) + "' -> ";
    }
    const RuleFacts& first = written_[from].facts;
    return words + "'" + (first.name.empty() ? first.title : first.name) + "'";
  }

  void add(const CorrelationRule& rule, const std::vector<Found>& found) {
    made_ = {};
    made_.facts = rule.facts;
    made_.file = rule.file;
    made_.line = rule.line;
    made_.type = rule.type;
    made_.timespan = rule.timespan;
    made_.condition = rule.condition;
    made_.tests = rule.tests;
    made_.shadow = rule.facts.in_shadow();
    for (const YamlNode& one : rule.group_by) made_.group_by.push_back(one.text);
    for (const YamlNode& one : rule.counted) made_.counted.push_back(one.text);
    std::string definition = rule.definition + std::string{placeholders_};
    for (const Found& one : found) made_.sources.push_back(source(one, definition));
    made_.definition = sha256_hex(definition);
    check_aliases(rule, found);
    for (std::size_t place = 0; place < found.size(); ++place) find_fields(rule, found, place);
    check_findings(rule, found);
    for (const RuleTest& test : rule.tests) check_test(rule, test);
  }

  Correlation::Source source(const Found& one, std::string& definition) {
    Correlation::Source source;
    source.name = one.word->text;
    if (one.named->kind == RuleNames::Kind::rule) {
      const Rule& rule = rules_[one.named->index];
      source.id = rule.facts.id;
      for (std::size_t at = 0; at < kEventCategories.size(); ++at) {
        source.fields[at].possible = kEventCategories[at] == rule.facts.category;
      }
      made_.shadow = made_.shadow || rule.facts.in_shadow();
      definition += category_words(rule.facts.category);
      definition += rule.definition;
      return source;
    }
    source.is_correlation = true;
    source.number = states_[one.named->index].number;
    const Correlation& inner = out_.correlations[source.number];
    for (const Correlation::Source& its : inner.sources) {
      for (std::size_t at = 0; at < kEventCategories.size(); ++at) {
        source.fields[at].possible = source.fields[at].possible || its.fields[at].possible;
      }
    }
    made_.shadow = made_.shadow || inner.shadow;
    definition += inner.definition;
    return source;
  }

  void check_aliases(const CorrelationRule& rule, const std::vector<Found>& found) {
    for (const YamlEntry& alias : rule.aliases) {
      const YamlNode at{YamlKind::scalar, alias.line, alias.column, false, alias.key, {}, {}};
      const auto named_by = [&](const std::vector<std::string>& names) {
        return std::find(names.begin(), names.end(), alias.key) != names.end();
      };
      if (!named_by(made_.group_by) && !named_by(made_.counted)) {
        complain(rule, at, "alias '" + alias.key + "' is not used",
                 "name it in 'group-by', or leave it away");
      }
      for (const YamlEntry& field : alias.value.entries) {
        const bool known = std::any_of(found.begin(), found.end(),
                                       [&](const Found& one) { return calls(field.key, one); });
        if (known) continue;
        std::vector<std::string_view> words;
        for (const Found& one : found) words.push_back(one.word->text);
        const std::string_view nearest = nearest_name(field.key, words);
        complaints_.push_back(
            {rule.file, field.line, field.column,
             "alias '" + alias.key + "': '" + field.key + "' is none of the rules it looks at",
             nearest.empty() ? "use the names that stand under 'rules'"
                             : "did you mean '" + std::string{nearest} + "'?"});
      }
    }
  }

  // Whether `word` is what the correlation calls this rule, or its id or name.
  bool calls(std::string_view word, const Found& found) const {
    const RuleFacts& facts = found.named->kind == RuleNames::Kind::rule
                                 ? rules_[found.named->index].facts
                                 : written_[found.named->index].facts;
    return word == found.word->text || word == facts.name || word == facts.id;
  }

  void find_fields(const CorrelationRule& rule, const std::vector<Found>& found,
                   std::size_t place) {
    for (std::size_t at = 0; at < kEventCategories.size(); ++at) {
      Correlation::Fields& fields = made_.sources[place].fields[at];
      const auto schema = schemas_.of(kEventCategories[at]);
      if (!fields.possible || schema.empty()) continue;
      for (const YamlNode& name : rule.group_by) {
        fields.group.push_back(field(rule, found[place], name, schema, kEventCategories[at]));
      }
      for (const YamlNode& name : rule.counted) {
        fields.counted.push_back(field(rule, found[place], name, schema, kEventCategories[at]));
      }
    }
  }

  FieldId field(const CorrelationRule& rule, const Found& found, const YamlNode& name,
                std::span<const FieldSpec> schema, Category category) {
    std::string wanted = name.text;
    YamlNode where = name;
    const auto alias = std::find_if(rule.aliases.begin(), rule.aliases.end(),
                                    [&](const YamlEntry& one) { return one.key == name.text; });
    if (alias != rule.aliases.end()) {
      const auto& entries = alias->value.entries;
      const auto its = std::find_if(entries.begin(), entries.end(),
                                    [&](const YamlEntry& one) { return calls(one.key, found); });
      if (its == entries.end()) {
        where.line = alias->line;
        where.column = alias->column;
        complain(rule, where,
                 "alias '" + name.text + "' names no field of '" + found.word->text + "'",
                 "write one for each of the rules");
        return 0;
      }
      wanted = its->value.text;
      where = its->value;
    }
    const auto id = find_field(schema, wanted);
    const bool payload = wanted.starts_with("sekimori.payload.");
    if (id && !payload) return *id;
    refuse_field(rule, where, wanted, found, schema, category, payload);
    return 0;
  }

  void refuse_field(const CorrelationRule& rule, const YamlNode& where, const std::string& wanted,
                    const Found& found, std::span<const FieldSpec> schema, Category category,
                    bool payload) {
    if (payload) {
      complain(rule, where, "'" + wanted + "' never leaves the sensor");
      return;
    }
    std::vector<std::string_view> words;
    for (const FieldSpec& spec : schema) words.push_back(spec.name);
    const std::string_view nearest = nearest_name(wanted, words);
    const bool elsewhere = std::any_of(
        kEventCategories.begin(), kEventCategories.end(),
        [&](Category other) { return find_field(schemas_.of(other), wanted).has_value(); });
    if (elsewhere) {
      complain(rule, where,
               "'" + wanted + "' is no field of " + std::string{category_words(category)} +
                   ", which '" + found.word->text + "' is about",
               "write an alias with a field for each rule");
      return;
    }
    complain(rule, where, "unknown field '" + wanted + "'",
             nearest.empty() ? "" : "did you mean '" + std::string{nearest} + "'?");
  }

  // A finding stands in the verdict of a claim. And a rule that speaks for itself is not to fall
  // silent because somebody else looks at it.
  void check_findings(const CorrelationRule& rule, const std::vector<Found>& found) {
    const bool of_claims =
        std::any_of(made_.sources.begin(), made_.sources.end(),
                    [](const Correlation::Source& source) { return source.fields[1].possible; });
    if (!rule.facts.finding.empty() && !of_claims) {
      complain(rule, "has a finding, but no claim is among its events to carry it",
               "look at a rule of category claim too, or leave 'finding' away");
    }
    for (const Found& one : found) {
      const RuleFacts& facts = one.named->kind == RuleNames::Kind::rule
                                   ? rules_[one.named->index].facts
                                   : written_[one.named->index].facts;
      const bool speaks = !facts.finding.empty() || !facts.mismatch.empty();
      if (!speaks || facts.category == Category::session) continue;
      if (!rule.says_generate) {
        complain(rule, *one.word, "'" + one.word->text + "' has a finding of its own",
                 "write 'generate: true' to keep it, or 'generate: false' to hear it only here");
      } else if (rule.generate) {
        generated_.insert(facts.id);
      } else if (!made_.shadow) {  // what runs in shadow changes no verdict
        silenced_.insert(facts.id);
      }
    }
  }

  void check_test(const CorrelationRule& rule, const RuleTest& test) {
    for (const YamlNode& record : test.sequence) {
      const auto schema = schemas_.of(sequence_category(record));
      if (schema.empty()) continue;
      const auto read = InlineRecord::read(rule.file, record.entries, schema);
      if (!read) {
        complaints_.insert(complaints_.end(), read.error().begin(), read.error().end());
      } else if (!sequence_time(record)) {
        complain(rule, record, "a record of a sequence needs its time",
                 "write claim.time, or event.start for a session");
      }
    }
  }

  const std::vector<CorrelationRule>& written_;
  const std::vector<Rule>& rules_;
  RuleNames& names_;
  const PackSchemas& schemas_;
  std::string_view placeholders_;
  std::vector<Complaint>& complaints_;
  std::vector<State> states_;
  std::vector<std::size_t> path_;
  std::set<std::string> silenced_, generated_;
  Correlation made_;
  LinkedCorrelations out_;
};

}  // namespace

LinkedCorrelations link_correlations(const std::vector<CorrelationRule>& written,
                                     const std::vector<Rule>& rules, RuleNames& names,
                                     const PackSchemas& schemas, std::string_view placeholders,
                                     std::vector<Complaint>& complaints) {
  return CorrelationLinker{written, rules, names, schemas, placeholders, complaints}.link();
}

}  // namespace sekimori
