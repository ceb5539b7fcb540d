#include "core/rules/explain.h"

#include <algorithm>
#include <utility>

#include "core/record/ecs_json.h"
#include "core/rules/modifier.h"

namespace sekimori {
namespace {

std::string written(const FieldMatch& match) {
  std::string text = match.field.empty() ? "keywords" : match.field;
  for (const Modifier one : match.modifiers) {
    text += '|';
    text += word_of(one);
  }
  text += ": ";
  std::string values;
  for (const YamlNode& value : match.values) {
    if (!values.empty()) values += ", ";
    values += value.kind == YamlKind::null ? "null" : value.text;
  }
  return text + (match.is_list ? "[" + values + "]" : values);
}

// A rule whose condition is one test alone: what compile_rule() makes of it is asked.
Rule alone(const Rule& rule, const FieldMatch& match) {
  Rule one;
  one.file = rule.file;
  one.facts = rule.facts;
  one.selections.push_back({"it", {{match}}});
  one.condition = Condition{Condition::Kind::selection, 0, {}};
  return one;
}

Truth least(Truth left, Truth right) noexcept {
  return std::min(left, right);
}
Truth greatest(Truth left, Truth right) noexcept {
  return std::max(left, right);
}

// The only field of a schema of one, read from another subject.
struct OneField {
  FieldReader reader;
  FieldId id;

  static FieldValue read(const void* self, FieldId /*first*/, FieldScratch& scratch) noexcept {
    const auto& one = *static_cast<const OneField*>(self);
    return one.reader(one.id, scratch);
  }
};

}  // namespace

std::string field_json(const FieldReader& reader, const FieldSpec& spec, FieldId id) {
  const OneField one{reader, id};
  const FieldSpec schema[] = {{"v", spec.type}};
  std::string json;
  append_json(json, schema, {&one, &OneField::read});
  constexpr std::string_view kBefore = "{\"v\":";
  if (json.size() <= kBefore.size()) return {};  // "{}"
  return json.substr(kBefore.size(), json.size() - kBefore.size() - 1);
}

LoadedAll<Explanation> explain_rule(const Rule& rule, std::span<const FieldSpec> schema,
                                    const Placeholders& placeholders, const FieldReader& reader) {
  const auto whole = compile_rule(rule, schema, placeholders);
  if (!whole) return tl::unexpected{whole.error()};
  Explanation explanation;
  explanation.answer = whole->evaluate(reader);
  for (const Selection& selection : rule.selections) {
    ExplainedSelection& told = explanation.selections.emplace_back();
    told.name = selection.name;
    told.truth = Truth::no;
    for (const std::vector<FieldMatch>& alternative : selection.alternatives) {
      std::vector<ExplainedTest>& tests = told.alternatives.emplace_back();
      Truth all = Truth::yes;
      for (const FieldMatch& match : alternative) {
        const auto compiled = compile_rule(alone(rule, match), schema, placeholders);
        const auto id = find_field(schema, match.field);
        if (!compiled) continue;  // the whole rule compiled, so each part does
        ExplainedTest& test = tests.emplace_back();
        test.asked = written(match);
        test.truth = compiled->evaluate(reader).truth;
        if (id) test.value = field_json(reader, schema[*id], *id);  // keywords have no one field
        if (match.field.starts_with("sekimori.payload.")) {
          test.hidden = !test.value.empty();
          test.value.clear();
        }
        all = least(all, test.truth);
      }
      told.truth = greatest(told.truth, all);
    }
  }
  return explanation;
}

std::string_view answer_word(Truth truth) noexcept {
  switch (truth) {
    case Truth::yes:
      return "match";
    case Truth::no:
      return "no_match";
    case Truth::unknown:
      return "undecided";
  }
  return "";
}

}  // namespace sekimori
