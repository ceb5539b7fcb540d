#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/record/field.h"
#include "core/rules/compile.h"
#include "core/rules/rule.h"
#include "core/text/complaint.h"

namespace sekimori {

// What one `field|modifiers: values` of a rule says of a record.
struct ExplainedTest {
  std::string asked;    // as the rule has it: "client.port|gt: 1024"
  std::string value;    // of the field, as JSON shows it; empty: absent, or not to be shown
  bool hidden = false;  // it is of the payload, which is never shown
  Truth truth = Truth::unknown;
};

// One selection: alternatives of which one must hold, each a list of tests that all must.
struct ExplainedSelection {
  std::string name;
  std::vector<std::vector<ExplainedTest>> alternatives;
  Truth truth = Truth::unknown;
};

// Why a rule says what it says of one record.
struct Explanation {
  Answer answer;
  std::vector<ExplainedSelection> selections;
};

// `schema` must be what `reader` reads. Complains like compile_rule(). Slow: for people.
LoadedAll<Explanation> explain_rule(const Rule& rule, std::span<const FieldSpec> schema,
                                    const Placeholders& placeholders, const FieldReader& reader);

// match, no_match, undecided: as a rule's tests spell it.
std::string_view answer_word(Truth truth) noexcept;

// The value of one field as JSON; empty when it is absent.
std::string field_json(const FieldReader& reader, const FieldSpec& spec, FieldId id);

}  // namespace sekimori
