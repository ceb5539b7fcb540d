#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/rules/condition.h"
#include "core/text/yaml.h"

namespace sekimori {

// What a rule looks at: Sigma's logsource.category for product sekimori.
enum class Category : std::uint8_t { session, claim, account };
inline constexpr std::size_t kCategoryCount = 3;

enum class RuleStatus : std::uint8_t { stable, test, experimental, deprecated, unsupported };

// Sigma 2.1, modifiers appendix: all of them.
enum class Modifier : std::uint8_t {
  contains,
  startswith,
  endswith,
  all,
  cased,
  exists,
  cidr,
  gt,
  gte,
  lt,
  lte,
  neq,
  fieldref,
  re,
  i,
  m,
  s,
  expand,
  windash,
  base64,
  base64offset,
  utf16le,
  utf16be,
  utf16,
  wide,
  minute,
  hour,
  day,
  week,
  month,
  year
};

// `field|modifier|...: value` or `[values]`, or keywords.
struct FieldMatch {
  std::string field;                // empty: keywords, which are looked for in every text
  std::vector<Modifier> modifiers;  // none twice, in the order in which they are applied
  std::vector<YamlNode> values;     // scalars and nulls, one or more
  bool is_list = false;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct Selection {
  std::string name;
  // A map is one alternative of several matches; a list of maps is several alternatives.
  std::vector<std::vector<FieldMatch>> alternatives;
};

enum class Expectation : std::uint8_t { match, no_match, undecided };

// A rule's own test: what it must say of a record written out here, or of the records that a
// capture gives.
struct RuleTest {
  std::string name;
  std::vector<YamlEntry> record;  // field name, value; of a test without a capture
  // Relative to the rule's file; empty: the record above.
  std::string capture;
  // Of the capture's records those are meant in which each of these fields has this value.
  std::vector<YamlEntry> where;
  // How many of them must be as expected; nothing: all, and there must be one.
  std::optional<std::uint64_t> count;
  // Of a correlation instead: records, one after the other, each a map of fields and values.
  std::vector<YamlNode> sequence;
  Expectation expectation = Expectation::match;
  std::uint32_t line = 0;
};

// What a matching rule says: Sigma's own words and those under its `sekimori:` key.
struct RuleFacts {
  std::string id;  // UUID in lower case
  std::string title;
  std::string name;   // by which correlations and filters may call it; empty: by its id only
  std::string level;  // informational, low, medium, high, critical
  RuleStatus status = RuleStatus::test;
  Category category = Category::session;
  std::vector<std::string> fields;  // worth showing beside the answer; known to the schema
  // What a sensor rule calls the session; empty: nothing.
  std::string protocol, remote_access, tunnel, application;
  std::string finding;   // a finding of DESIGN.md section 6; empty: none
  std::string mismatch;  // contradicted, doubtful, fits, unknown; empty: says nothing about it
  std::string group;     // of evidence
  double weight = 0;     // log-odds
  bool has_references = false;       // where it comes from
  bool has_falsepositives = false;   // what else it may match
  std::vector<std::string> filters;  // titles of the filters that take something out of it

  bool names_something() const noexcept {
    return !protocol.empty() || !remote_access.empty() || !tunnel.empty() || !application.empty();
  }
  bool in_shadow() const noexcept { return status == RuleStatus::experimental; }
};

// One Sigma rule as it was written, before any field name is looked up.
struct Rule {
  std::string file;
  std::uint32_t line = 0;  // of the document
  RuleFacts facts;
  std::vector<Selection> selections;
  Condition condition;
  std::vector<YamlNode> fields;  // scalars: names worth showing beside the answer
  std::vector<RuleTest> tests;
  std::string definition;  // what stands under `detection`, whatever the layout
};

// A Sigma filter: an exception, taken out of each rule it names.
struct RuleFilter {
  std::string file;
  RuleFacts facts;              // title, category; the id may be empty
  std::vector<YamlNode> rules;  // scalars: ids and names
  std::vector<Selection> selections;
  Condition condition;     // of what is taken out
  std::string definition;  // what stands under `filter`, whatever the layout
};

}  // namespace sekimori
