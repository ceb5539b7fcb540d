#include "core/rules/condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kNames{"sel_a", "sel_b", "filter", "_base"};

// The tree in brackets: every grouping is visible.
std::string shown(const Condition& condition) {
  if (condition.kind == Condition::Kind::selection) return kNames[condition.selection];
  std::string joined;
  for (const Condition& part : condition.parts) {
    if (!joined.empty()) joined += condition.kind == Condition::Kind::all ? "&" : "|";
    joined += shown(part);
  }
  return (condition.kind == Condition::Kind::negation ? "!(" : "(") + joined + ")";
}

// Sigma rules specification, "Condition": or binds least, then and, not, x of, brackets.
TEST(Condition, BindsAsSigmaSays) {
  struct Case {
    std::string_view text;
    std::string_view expected;
  };
  const Case cases[] = {
      {"sel_a", "sel_a"},
      {"sel_a and sel_b", "(sel_a&sel_b)"},
      {"sel_a or sel_b and filter", "(sel_a|(sel_b&filter))"},
      {"(sel_a or sel_b) and filter", "((sel_a|sel_b)&filter)"},
      {"not sel_a and sel_b", "(!(sel_a)&sel_b)"},
      {"not (sel_a and sel_b)", "!((sel_a&sel_b))"},
      {"not not sel_a", "!(!(sel_a))"},
      {"1 of sel_*", "(sel_a|sel_b)"},
      {"all of sel_*", "(sel_a&sel_b)"},
      {"1 of *_*", "(sel_a|sel_b|_base)"},
      {"1 of them", "(sel_a|sel_b|filter)"},
      {"all of them and _base", "((sel_a&sel_b&filter)&_base)"},
      {"not 1 of filter*", "!((filter))"},
      {" sel_a\n  or\tsel_b ", "(sel_a|sel_b)"},
      {"sel_a and(sel_b)", "(sel_a&sel_b)"},
  };
  for (const Case& row : cases) {
    const auto condition = parse_condition(row.text, kNames);
    ASSERT_TRUE(condition) << row.text << ": " << condition.error().what;
    EXPECT_EQ(shown(*condition), row.expected) << row.text;
  }
}

TEST(Condition, SaysWhereItIsWrong) {
  struct Case {
    std::string text;
    std::size_t offset;
    std::string_view says;
    std::string_view way_out;
  };
  const Case cases[] = {
      {"", 0, "ends where a selection is expected", ""},
      {"sel_a and", 9, "ends where a selection is expected", ""},
      {"sel_a sel_b", 6, "expected 'and' or 'or' before 'sel_b'", ""},
      {"sel_x", 0, "no selection is called 'sel_x'", "did you mean 'sel_a'?"},
      {"sel_a AND sel_b", 6, "before 'AND'", ""},
      {"NOT sel_a", 0, "no selection is called 'NOT'", "write 'not' in lower case"},
      {"(sel_a", 0, "'(' is never closed", ""},
      {"sel_a)", 5, "')' without '('", ""},
      {"()", 1, "expected a selection, not ')'", ""},
      {"2 of sel_*", 0, "'2' before 'of' is not supported", "write '1 of' or 'all of'"},
      {"any of them", 0, "'any' before 'of' is not supported", ""},
      {"1 of none*", 5, "no selection fits 'none*'", ""},
      {"1 of", 4, "after 'of'", ""},
      {"and sel_a", 0, "expected a selection, not 'and'", ""},
      {"sel_a | count() > 5", 6, "before '|'", ""},
      {"| count()", 0, "aggregations after '|' are not supported", ""},
      {std::string(40, '(') + "sel_a" + std::string(40, ')'), 32, "more than 32 levels", ""},
      {std::string(5000, ' '), kConditionLimit, "longer than", ""},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.text);
    const auto condition = parse_condition(row.text, kNames);
    ASSERT_FALSE(condition);
    EXPECT_EQ(condition.error().offset, row.offset);
    EXPECT_THAT(condition.error().what, HasSubstr(row.says));
    EXPECT_THAT(condition.error().way_out, HasSubstr(row.way_out));
  }
}

TEST(Condition, NoPrefixInsideAWordIsTaken) {
  const std::string_view whole = "(sel_a or not 1 of filter*)";
  ASSERT_TRUE(parse_condition(whole, kNames));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_condition(whole.substr(0, size), kNames)) << size;
  }
}

}  // namespace
}  // namespace sekimori
