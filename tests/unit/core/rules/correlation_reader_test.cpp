#include "core/rules/correlation_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr std::string_view kWhole =
    "title: Many failed logins\n"
    "id: 0e95725d-7320-415d-80f7-004da920fc11\n"
    "name: many_failed_logins\n"
    "status: stable\n"
    "level: medium\n"
    "falsepositives: Unlikely\n"
    "correlation:\n"
    "  type: value_count\n"
    "  rules:\n"
    "    - failed_login\n"
    "  group-by: [who, ComputerName]\n"
    "  timespan: 90m\n"
    "  aliases:\n"
    "    who: {failed_login: User}\n"
    "  generate: true\n"
    "  condition:\n"
    "    field: [Port, Address]\n"
    "    gt: 100\n"
    "    lte: 200\n"
    "sekimori:\n"
    "  finding: many_accounts\n"
    "  group: sharing\n"
    "  weight: 1.5\n"
    "  tests:\n"
    "    - name: n\n"
    "      records: [{claim.time: x}]\n"
    "      count: 1\n"
    "      expect: match\n";

LoadedAll<CorrelationRule> read(std::string_view text) {
  const auto document = read_yaml("c.yml", text);
  if (!document) return tl::unexpected{document.error()};
  return read_correlation(*document);
}

TEST(CorrelationReader, ReadsEveryKey) {
  const auto rule = read(kWhole);
  ASSERT_TRUE(rule) << rule.error().front().text();
  EXPECT_EQ(rule->facts.title, "Many failed logins");
  EXPECT_EQ(rule->facts.name, "many_failed_logins");
  EXPECT_EQ(rule->facts.level, "medium");
  EXPECT_EQ(rule->facts.finding, "many_accounts");
  EXPECT_EQ(rule->facts.group, "sharing");
  EXPECT_EQ(rule->facts.weight, 1.5);
  EXPECT_EQ(rule->type, CorrelationType::value_count);
  EXPECT_EQ(rule->rules.front().text, "failed_login");
  EXPECT_EQ(rule->group_by.size(), 2U);
  EXPECT_EQ(rule->timespan, minutes{90});
  EXPECT_EQ(rule->aliases.front().key, "who");
  EXPECT_TRUE(rule->generate);
  EXPECT_EQ(rule->counted.size(), 2U);
  EXPECT_EQ(count_words(rule->condition), "gt 100 and lte 200");
  ASSERT_EQ(rule->tests.size(), 1U);
  EXPECT_EQ(rule->tests.front().sequence.size(), 1U);
  EXPECT_EQ(rule->tests.front().count, 1U);
}

TEST(CorrelationReader, TemporalWantsAllRulesUnlessTold) {
  const auto rule = read(
      "title: t\ncorrelation: {type: temporal, rules: [a, b, c], group-by: [f], timespan: 5m}\n");
  ASSERT_TRUE(rule) << rule.error().front().text();
  EXPECT_EQ(count_words(rule->condition), "gte 3");
}

TEST(CorrelationReader, RefusesWithThePlaceAndTheWayOut) {
  struct Case {
    std::string_view was, is, says;
  };
  const Case cases[] = {
      {"title: Many failed logins\n", "", "missing key 'title'"},
      {"id: 0e95725d-7320-415d-80f7-004da920fc11\n", "", "verdicts name the rule behind a finding"},
      {"level: medium\n", "logsource: {}\n", "c.yml:5:12: 'logsource': a correlation has none"},
      {"level: medium\n", "detection: {}\n", "unknown key 'detection'"},
      {"value_count", "event_cout", "did you mean 'event_count'?"},
      {"value_count", "value_sum", "c.yml:8:9: 'value_sum': metrics of values are not supported"},
      {"value_count", "event_count", "only value_count counts values of a field"},
      {"value_count", "temporal", "a temporal correlation is of two rules or more"},
      {"  type: value_count\n", "", "missing key 'correlation.type'"},
      {"    - failed_login\n", "    - failed_login\n    - failed_login\n",
       "c.yml:11:7: 'rules': 'failed_login' stands twice"},
      {"    - failed_login\n", "", "correlation.rules"},
      {"  group-by: [who, ComputerName]\n", "", "c.yml:8:3: missing key 'correlation.group-by'"},
      {"[who, ComputerName]", "[]", "missing key 'correlation.group-by'"},
      {"[who, ComputerName]", "[who, who]", "c.yml:11:19: 'group-by': 'who' stands twice"},
      {"  timespan: 90m\n", "", "c.yml:8:3: missing key 'correlation.timespan'"},
      {"90m", "1h30", "c.yml:12:13: 'correlation.timespan': expected a timespan such as 90m"},
      {"90m", "5M", "expected a timespan such as 90m"},
      {"90m", "0m", "expected a timespan such as 90m"},
      {"90m", "367d", "expected a timespan such as 90m"},
      {"timespan", "timspan", "did you mean 'timespan'?"},
      {"{failed_login: User}", "User", "'aliases.who': expected a map of rules and fields"},
      {"{failed_login: User}", "{}", "'aliases.who': expected a map of rules and fields"},
      {"  generate: true\n", "  generate: yes\n", "expected true or false"},
      {"    field: [Port, Address]\n", "", "missing key 'correlation.condition.field'"},
      {"    gt: 100\n    lte: 200\n", "", "c.yml:17:5: 'correlation.condition': no count"},
      {"    gt: 100\n", "    get: 100\n", "did you mean 'gt'?"},
      {"    gt: 100\n", "    gt: -1\n", "expected a whole number, 0 to 20000"},
      {"    gt: 100\n", "    gt: 20001\n", "expected a whole number, 0 to 20000"},
      {"    gt: 100\n", "    gt: 100\n    neq: 150\n", "more than two comparisons"},
      {"    gt: 100\n", "    gt: 200\n", "gt 200 and lte 200 can never hold"},
      {"    gt: 100\n    lte: 200\n", "    lt: 1\n", "a count begins at 1"},
      {"finding: many_accounts", "finding: many_acounts", "did you mean 'many_accounts'?"},
      {"group: sharing\n", "group: sharing\n  mismatch: doubtful\n",
       "only a rule of category claim can say this"},
      {"group: sharing\n", "group: sharing\n  names: {tunnel: x}\n",
       "only a rule of category session names sessions"},
      {"[{claim.time: x}]", "[]", ""},
      {"[{claim.time: x}]", "[a]", "a record is a map of fields and values"},
      {"      records: [{claim.time: x}]\n", "", "no records to test with"},
      {"      expect: match\n", "      expect: no_match\n", "so 'expect' is match"},
      {"      records:", "      record:", "did you mean 'records'?"},
  };
  for (const Case& row : cases) {
    std::string text{kWhole};
    const std::size_t at = text.find(row.was);
    ASSERT_NE(at, std::string::npos) << row.was;
    text.replace(at, row.was.size(), row.is);
    const auto bad = read(text);
    if (row.says.empty()) continue;
    ASSERT_FALSE(bad) << row.is << row.says;
    std::string all;
    for (const Complaint& one : bad.error()) all += one.text() + "\n";
    EXPECT_THAT(all, HasSubstr(std::string{row.says}));
  }
  const auto scalar = read("title: t\ncorrelation: 5\n");
  ASSERT_FALSE(scalar);
  EXPECT_THAT(scalar.error().front().text(),
              HasSubstr("c.yml:2:14: 'correlation': expected a map"));
  const auto boolean = read(
      "title: t\ncorrelation: {type: temporal, rules: [a, b], group-by: [f], timespan: 5m, "
      "condition: a and b}\n");
  ASSERT_FALSE(boolean);
  EXPECT_THAT(boolean.error().front().text(), HasSubstr("are not in Sigma 2.1"));
  const auto more = read(
      "title: t\ncorrelation: {type: temporal, rules: [a, b], group-by: [f], timespan: 5m, "
      "condition: {gt: 2}}\n");
  ASSERT_FALSE(more);
  EXPECT_THAT(more.error().front().text(), HasSubstr("gt 2 can never hold"));
}

TEST(CorrelationReader, Timespans) {
  EXPECT_EQ(parse_timespan("30s"), seconds{30});
  EXPECT_EQ(parse_timespan("90m"), minutes{90});
  EXPECT_EQ(parse_timespan("1h"), hours{1});
  EXPECT_EQ(parse_timespan("366d"), kTimespanLimit);
  EXPECT_EQ(parse_timespan("2w"), hours{24 * 14});
  for (const std::string_view bad : {"", "s", "1", "1 h", "-1h", "+1h", "1.5h", "1H", "1M", "1y",
                                     "0s", "53w", "99999999999s", "1hh"}) {
    EXPECT_FALSE(parse_timespan(bad)) << bad;
  }
}

// Without its line's end the last line is still whole, and so is the document without its
// extension; what lies before is not.
TEST(CorrelationReader, NoPrefixIsAnotherRule) {
  const std::size_t extension = kWhole.find("sekimori:");
  for (std::size_t size = 0; size + 1 < extension; ++size) {
    const std::string_view prefix = kWhole.substr(0, size);
    const auto rule = read(prefix);
    if (!rule) continue;
    // Only a digit, or the upper end of the range, can be missing.
    EXPECT_GE(size, kWhole.find("gt: 1") + 5) << prefix;
  }
}

}  // namespace
}  // namespace sekimori
