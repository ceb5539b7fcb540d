#include "core/rules/rule_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kHead =
    "title: A rule\n"
    "id: 0F8FAD5B-d9cb-469f-a165-70867728950e\n"
    "status: test\n"
    "level: high\n"
    "logsource: {product: sekimori, category: claim}\n";  // lines 1 to 5

LoadedAll<Rule> read(std::string_view tail, std::string_view head = kHead) {
  const auto document = read_yaml("r.yml", std::string{head} + std::string{tail});
  if (!document) return tl::unexpected{document.error()};
  return read_rule(*document);
}

std::vector<std::string> complaints(std::string_view tail, std::string_view head = kHead) {
  std::vector<std::string> texts;
  const auto rule = read(tail, head);
  if (rule) return texts;
  for (const Complaint& one : rule.error()) texts.push_back(one.text());
  return texts;
}

constexpr std::string_view kDetection = "detection: {s: {f: 1}, condition: s}\n";

TEST(RuleReader, ReadsAWholeRule) {
  const auto rule = read(
      "description: d\nreferences: [https://example.org]\nauthor: a\ndate: 2024-03-26\n"
      "modified: 2024-03-27\ntags: [attack.t1090]\nfalsepositives: [none]\nfields: [client.ip]\n"
      "detection:\n"
      "  one:\n    client.ip|cidr: [10.0.0.0/8, null]\n    b|contains|all: ['x', 'y']\n"
      "  two:\n    - a: 1\n    - b: ~\n"
      "  condition: one and not two\n"
      "sekimori:\n  finding: foreign_direct\n  mismatch: contradicted\n  group: geo\n"
      "  weight: 2.5\n"
      "  tests:\n    - name: t\n      record: {a: 1}\n      expect: no_match\n");
  ASSERT_TRUE(rule) << rule.error().front().text();
  const RuleFacts& facts = rule->facts;
  EXPECT_EQ(facts.id, "0f8fad5b-d9cb-469f-a165-70867728950e");
  EXPECT_EQ(facts.title, "A rule");
  EXPECT_EQ(facts.level, "high");
  EXPECT_EQ(facts.category, Category::claim);
  EXPECT_EQ(facts.finding, "foreign_direct");
  EXPECT_EQ(facts.mismatch, "contradicted");
  EXPECT_EQ(facts.group, "geo");
  EXPECT_EQ(facts.weight, 2.5);
  ASSERT_EQ(rule->selections.size(), 2U);
  const FieldMatch& cidr = rule->selections[0].alternatives[0][0];
  EXPECT_EQ(cidr.field, "client.ip");
  EXPECT_THAT(cidr.modifiers, ElementsAre(Modifier::cidr));
  ASSERT_EQ(cidr.values.size(), 2U);
  EXPECT_EQ(cidr.values[1].kind, YamlKind::null);
  EXPECT_EQ(cidr.line, 16U);
  EXPECT_THAT(rule->selections[0].alternatives[0][1].modifiers,
              ElementsAre(Modifier::contains, Modifier::all));
  EXPECT_EQ(rule->selections[1].alternatives.size(), 2U);
  EXPECT_EQ(rule->condition.kind, Condition::Kind::all);
  ASSERT_EQ(rule->tests.size(), 1U);
  EXPECT_EQ(rule->tests[0].expectation, Expectation::no_match);
}

TEST(RuleReader, JoinsAListOfConditionsByOr) {
  const auto rule = read("detection: {a: {f: 1}, b: {f: 2}, condition: [a, b]}\n");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->condition.kind, Condition::Kind::any);
  EXPECT_EQ(rule->condition.parts.size(), 2U);
}

TEST(RuleReader, RefusesWhatItDoesNotSupport) {
  struct Case {
    std::string tail;
    std::string_view says;
  };
  const std::string detection{kDetection};
  const Case cases[] = {
      {"detection: {keywords: [a, [b]], condition: keywords}\n",
       "r.yml:6:27: expected a map, or a keyword"},
      {"detection: {s: text, condition: s}\n", "r.yml:6:16: selection 's' is neither"},
      {"detection: {s: {'': [a, b]}, condition: s}\n", "a field without a name"},
      {"detection: {s: {f|startwith: x}, condition: s}\n",
       "unknown modifier 'startwith' (did you mean 'startswith'?)"},
      {"detection: {s: {f|cased|cased: x}, condition: s}\n", "modifier 'cased' twice"},
      {"detection: {s: {f: {g: 1}}, condition: s}\n", "not a map (write nested names with dots"},
      {"detection: {s: {f: []}, condition: s}\n", "an empty list matches nothing"},
      {"detection: {s: {f: [[1]]}, condition: s}\n", "a value must be text, a number or null"},
      {"detection: {s: {}, condition: s}\n", "an empty map matches nothing"},
      {"detection: {s: {f: 1}, t: {f: 2}, condition: s}\n",
       "r.yml:6:24: no condition uses selection 't'"},
      {"detection: {s: {f: 1}, condition: s and x}\n",
       "r.yml:6:41: condition: no selection is called 'x'"},
      {"detection: {s: {f: 1}, condition: 's and x'}\n", "r.yml:6:42: condition:"},
      {"detection: {s: {f: 1}}\n", "missing key 'detection.condition'"},
      {"detection: {condition: s}\n", "'detection': no selection"},
      {"detection: {s: {f: 1}, timeframe: 5m, condition: s}\n", "'timeframe' is not supported"},
      {"detection: {and: {f: 1}, condition: and}\n", "'and' cannot name a selection"},
      {"", "missing key 'detection'"},
      {detection + "related: [{id: x, type: derived}]\n", "'related[0].id': expected a UUID"},
      {detection + "related: [{id: 0f8fad5b-d9cb-469f-a165-70867728950e, type: child}]\n",
       "'related[0].type': expected one of"},
      {detection + "taxonomy: windows\n", "'taxonomy': expected one of sekimori, sigma"},
      {detection + "scope: [x]\n", "a text of two bytes or more"},
      {detection + "license: 'a; b'\n", "expected an SPDX licence"},
      {detection + "name: two words\n", "without spaces and quotes"},
      {detection + "name: 0f8fad5b-d9cb-469f-a165-70867728950e\n", "and not a UUID"},
      {detection + "action: global\n", "Sigma 2 has no rule collections"},
      {detection + "custom: [x]\n", "'custom': expected a map"},
      {detection + "levle: high\n", "r.yml:7:1: unknown key 'levle' (did you mean 'level'?)"},
      {detection + "date: 26.03.2024\n", "expected a date such as 2024-03-26"},
      {detection + "tags: [t1090]\n", "expected a tag with its namespace"},
      {detection + "sekimori: {finding: foreign}\n", "'sekimori.finding': expected one of"},
      {detection + "sekimori: {weight: 5, group: geo}\n", "log-odds from -4 to 4.5"},
      {detection + "sekimori: {weight: 2}\n", "evidence is weighed within a group"},
      {detection + "sekimori: {names: {tunnel: x}}\n", "only a rule of category session"},
      {detection + "sekimori: {names: {tunnel: " + std::string(33, 'x') + "}}\n",
       "a name of at most 32 bytes"},
      {detection + "sekimori: {tests: [{name: a, expect: match}]}\n", "no record to test with"},
      {detection + "sekimori: {tests: [{name: a, record: {}, capture: x, expect: match}]}\n",
       "a record or a capture, not both"},
      {detection + "sekimori: {tests: [{name: a, record: {}, count: 1, expect: match}]}\n",
       "'sekimori.tests[0].count': belongs to a capture"},
      {detection + "sekimori: {tests: [{name: a, record: {}}]}\n",
       "missing key 'sekimori.tests[0].expect'"},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.tail);
    const auto texts = complaints(row.tail);
    ASSERT_FALSE(texts.empty());
    EXPECT_THAT(texts, ::testing::Contains(HasSubstr(std::string{row.says})));
  }
}

TEST(RuleReader, WantsTheHead) {
  EXPECT_THAT(complaints(kDetection, "title: x\n"),
              ElementsAre("r.yml:1:1: missing key 'id'", "r.yml: missing key 'logsource.product'",
                          "r.yml: missing key 'logsource.category'"));
  EXPECT_THAT(complaints(kDetection,
                         "title: x\nid: 12\nstatus: new\nlevel: 5\n"
                         "logsource: {product: windows, category: process, service: x}\n"),
              ::testing::SizeIs(6));
  EXPECT_THAT(complaints("", ""), ElementsAre("r.yml: holds no rule"));
  EXPECT_THAT(complaints("", "- a\n"),
              ::testing::Contains("r.yml:1:1: expected a map of keys and values, not a list"));
}

TEST(RuleReader, TakesWhatSigmaLeavesToThePack) {
  const auto rule = read(
      "name: base\nlicense: MIT OR Apache-2.0\ntaxonomy: sigma\nscope: [server, client]\n"
      "falsepositives: none\nrelated:\n  - {id: 929A690E-bef0-4204-a928-ef5e620d6fcc, type: "
      "similar}\ncustom: {ticket: 7, owner: {team: x}}\ndetection: {s: {f: 1}, condition: s}\n",
      "title: A rule\nid: 0f8fad5b-d9cb-469f-a165-70867728950e\n"
      "logsource: {product: sekimori, category: claim, definition: with a session}\n");
  ASSERT_TRUE(rule) << rule.error().front().text();
  EXPECT_EQ(rule->facts.name, "base");
  EXPECT_EQ(rule->facts.status, RuleStatus::test);
  EXPECT_EQ(rule->facts.level, "informational");
}

TEST(RuleReader, ReadsATestWithACapture) {
  const auto rule = read(std::string{kDetection} +
                         "sekimori:\n  tests:\n    - name: t\n      capture: ../a.pcap\n"
                         "      where: {server.port: 443}\n      count: 2\n      expect: match\n");
  ASSERT_TRUE(rule) << rule.error().front().text();
  const RuleTest& test = rule->tests.front();
  EXPECT_EQ(test.capture, "../a.pcap");
  EXPECT_EQ(test.where.front().key, "server.port");
  EXPECT_EQ(test.count, 2U);
  EXPECT_TRUE(test.record.empty());
}

TEST(RuleReader, ReadsAFilter) {
  constexpr std::string_view kFilter =
      "title: The office\nlogsource: {product: sekimori, category: claim}\nfilter:\n"
      "  rules: [a, b]\n  selection: {f: 1}\n  condition: selection\n";
  const auto read_it = [](std::string text) { return read_sigma(*read_yaml("f.yml", text)); };
  const auto document = read_it(std::string{kFilter});
  ASSERT_TRUE(document) << document.error().front().text();
  const auto& filter = std::get<RuleFilter>(*document);
  EXPECT_EQ(filter.facts.title, "The office");
  EXPECT_EQ(filter.rules.size(), 2U);
  EXPECT_EQ(filter.selections.size(), 1U);

  struct Case {
    std::string_view was, is, says;
  };
  const Case cases[] = {
      {"condition: selection", "condition: not selection", "what is taken out of the rules"},
      {"  rules: [a, b]\n", "", "name the rules it is for"},
      {"  condition: selection\n", "", "missing key 'filter.condition'"},
      {"title: The office\n", "", "missing key 'title'"},
      {"filter:", "level: high\nfilter:", "a filter has none"},
      {"filter:", "detection: {}\nfilter:", "unknown key 'detection'"},
  };
  for (const Case& row : cases) {
    std::string text{kFilter};
    text.replace(text.find(row.was), row.was.size(), row.is);
    const auto bad = read_it(text);
    ASSERT_FALSE(bad) << text;
    EXPECT_THAT(bad.error().front().text(), HasSubstr(std::string{row.says}));
  }
  const auto correlation = read_it(
      "title: t\ncorrelation:\n  type: temporal\n  rules: [a, b]\n  group-by: [c]\n  timespan: "
      "1h\n");
  ASSERT_TRUE(correlation) << correlation.error().front().text();
  EXPECT_TRUE(std::holds_alternative<CorrelationRule>(*correlation));
}

TEST(RuleReader, NoPrefixIsAnotherRule) {
  const std::string whole = std::string{kHead} + std::string{kDetection};
  const auto rule = read("", whole);
  ASSERT_TRUE(rule);
  // Without its line's end the last line is still whole; what may be left away comes before it.
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    EXPECT_FALSE(read("", std::string_view{whole}.substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace sekimori
