#include "core/rules/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/rules/inline_record.h"
#include "core/rules/rule_reader.h"

namespace sekimori {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr FieldSpec kSchema[] = {{"name", FieldType::text},
                                 {"alias", FieldType::text},
                                 {"count", FieldType::integer},
                                 {"limit", FieldType::integer},
                                 {"ratio", FieldType::real},
                                 {"flag", FieldType::boolean},
                                 {"client.ip", FieldType::ip},
                                 {"server.ip", FieldType::ip},
                                 {"time", FieldType::moment},
                                 {"alpn", FieldType::texts},
                                 {"signatures", FieldType::signatures}};

const Placeholders kPlaceholders{{"sea", {"VN", "PH"}}, {"china", {"CN", "HK"}}};

LoadedAll<CompiledRule> compile(const std::string& detection, const std::string& tail = "") {
  const std::string text =
      "title: t\nid: 0f8fad5b-d9cb-469f-a165-70867728950e\nstatus: test\nlevel: low\n"
      "logsource: {product: sekimori, category: session}\ndetection:\n" +
      detection + tail;
  const auto document = read_yaml("r.yml", text);
  if (!document) return tl::unexpected{document.error()};
  const auto rule = read_rule(*document);
  if (!rule) return tl::unexpected{rule.error()};
  return compile_rule(*rule, kSchema, kPlaceholders);
}

// One selection of one item, asked of a record in flow style.
Answer ask(const std::string& item, const std::string& record) {
  const auto rule = compile("  s:\n    " + item + "\n  condition: s\n");
  EXPECT_TRUE(rule) << item << ": " << (rule ? "" : rule.error().front().text());
  const auto document = read_yaml("t.yml", record);
  const auto inline_record = InlineRecord::read("t.yml", document->root.entries, kSchema);
  EXPECT_TRUE(inline_record) << record;
  return rule && inline_record ? rule->evaluate(inline_record->reader()) : Answer{};
}

TEST(Compile, AsksEachTypeAndModifier) {
  struct Case {
    std::string_view item, record;
    Truth expected;
  };
  const Case cases[] = {
      {"name: Tor", "{name: tor}", Truth::yes},
      {"name|cased: Tor", "{name: tor}", Truth::no},
      {"name: [a, 't?r*']", "{name: torrent}", Truth::yes},
      {"name|contains: orr", "{name: Torrent}", Truth::yes},
      {"name|startswith: tor", "{name: Torrent}", Truth::yes},
      {"name|endswith: tor", "{name: Torrent}", Truth::no},
      {"name|contains|all: [or, re]", "{name: Torrent}", Truth::yes},
      {"name|contains|all: [or, xx]", "{name: Torrent}", Truth::no},
      {"name|re: ^T.r$", "{name: Tor}", Truth::yes},
      {"name|re: ^t.r$", "{name: Tor}", Truth::no},
      {"name|re|i: ^t.r$", "{name: Tor}", Truth::yes},
      {"name|neq: tor", "{name: Tor}", Truth::no},
      {"name|neq: [a, b]", "{name: c}", Truth::yes},
      {"name|expand: '%sea%'", "{name: vn}", Truth::yes},
      {"name|expand: ['%sea%', '%china%', JP]", "{name: jp}", Truth::yes},
      {"name|expand: 'x-%sea%-%china%'", "{name: x-ph-hk}", Truth::yes},
      {"name|expand: '%sea%'", "{name: JP}", Truth::no},
      {R"(name|expand: '\%%sea%')", "{name: '%VN'}", Truth::yes},
      {"name: 5", "{name: '5'}", Truth::yes},
      {"name: ''", "{name: ''}", Truth::yes},
      {"name|fieldref: alias", "{name: A, alias: a}", Truth::yes},
      {"name|fieldref|cased: alias", "{name: A, alias: a}", Truth::no},
      {"name|fieldref|neq: alias", "{name: A, alias: b}", Truth::yes},
      {"name|fieldref: alias", "{name: A}", Truth::unknown},
      {"count: 18446744073709551615", "{count: 5}", Truth::no},
      {"count: 9007199254740993", "{count: 9007199254740992}", Truth::no},
      {"count: [4, 5]", "{count: 5}", Truth::yes},
      {"count|gt: 4.5", "{count: 5}", Truth::yes},
      {"count|gte: 5", "{count: 5}", Truth::yes},
      {"count|lt: 5", "{count: 5}", Truth::no},
      {"count|lte: 5", "{count: 5}", Truth::yes},
      {"count|gt: -1", "{count: 0}", Truth::yes},
      {"count|neq: 5", "{count: 5}", Truth::no},
      {"count|fieldref: limit", "{count: 5, limit: 5}", Truth::yes},
      {"ratio|lt: 0.5", "{ratio: 0.25}", Truth::yes},
      {"ratio|fieldref: count", "{ratio: 5, count: 5}", Truth::yes},
      {"flag: true", "{flag: true}", Truth::yes},
      {"flag: false", "{flag: true}", Truth::no},
      {"client.ip: 192.0.2.1", "{client.ip: 192.0.2.1}", Truth::yes},
      {"client.ip: 2001:db8::1", "{client.ip: '2001:0db8::1'}", Truth::yes},
      {"client.ip|cidr: [10.0.0.0/8, 192.0.2.0/24]", "{client.ip: 192.0.2.77}", Truth::yes},
      {"client.ip|cidr: 10.0.0.0/8", "{client.ip: '2001:db8::1'}", Truth::no},
      {"client.ip|fieldref: server.ip", "{client.ip: 10.0.0.1, server.ip: 10.0.0.1}", Truth::yes},
      {"time|gt: 2024-03-26T00:00:00Z", "{time: '2024-03-26T09:00:01+09:00'}", Truth::yes},
      {"alpn: h2", "{alpn: [http/1.1, h2]}", Truth::yes},
      {"alpn|all: [h2, http/1.1]", "{alpn: [http/1.1, h2]}", Truth::yes},
      {"alpn|all: [h2, h3]", "{alpn: [http/1.1, h2]}", Truth::no},
      {"alpn|startswith: http/", "{alpn: []}", Truth::no},
      {"signatures: 0f8f*", "{signatures: [0f8fad5b-d9cb-469f-a165-70867728950e]}", Truth::yes},
      // Absence.
      {"name: tor", "{}", Truth::unknown},
      {"name|neq: tor", "{}", Truth::unknown},
      {"name: null", "{}", Truth::yes},
      {"name:", "{name: tor}", Truth::no},
      {"name: [tor, null]", "{}", Truth::yes},
      {"name: [tor, null]", "{name: tor}", Truth::yes},
      {"name|exists: true", "{}", Truth::no},
      {"name|exists: true", "{name: ''}", Truth::yes},
      {"name|exists: false", "{}", Truth::yes},
  };
  for (const Case& row : cases) {
    EXPECT_EQ(ask(std::string{row.item}, std::string{row.record}).truth, row.expected)
        << row.item << " on " << row.record;
  }
}

// Kleene's strong logic of three values, for a over `name` and b over `alias`.
TEST(Compile, PassesTheUnknownThrough) {
  struct Case {
    std::string_view condition, record;
    Truth expected;
  };
  const Case cases[] = {
      {"a and b", "{name: x, alias: x}", Truth::yes},
      {"a and b", "{name: x}", Truth::unknown},
      {"a and b", "{name: y}", Truth::no},
      {"a and b", "{alias: y}", Truth::no},
      {"a and b", "{}", Truth::unknown},
      {"a or b", "{name: x}", Truth::yes},
      {"a or b", "{alias: x}", Truth::yes},
      {"a or b", "{name: y}", Truth::unknown},
      {"a or b", "{name: y, alias: y}", Truth::no},
      {"not a", "{name: x}", Truth::no},
      {"not a", "{name: y}", Truth::yes},
      {"not a", "{}", Truth::unknown},
      {"not (a or b)", "{name: x}", Truth::no},
      {"not (a and b)", "{name: y}", Truth::yes},
      {"1 of them", "{name: y}", Truth::unknown},
      {"all of them", "{name: y}", Truth::no},
  };
  for (const Case& row : cases) {
    const std::string condition{row.condition};
    const bool one = condition == "not a";
    const auto rule = compile("  a: {name: x}\n" + std::string{one ? "" : "  b: {alias: x}\n"} +
                              "  condition: " + condition + "\n");
    ASSERT_TRUE(rule) << rule.error().front().text();
    const auto document = read_yaml("t.yml", row.record);
    const auto record = InlineRecord::read("t.yml", document->root.entries, kSchema);
    EXPECT_EQ(rule->evaluate(record->reader()).truth, row.expected)
        << row.condition << " on " << row.record;
  }
}

TEST(Compile, NamesTheFieldItWantsFor) {
  const auto rule = compile(
      "  s:\n    - {name: x, count: 1}\n    - flag: true\n"
      "  t: {alias: x}\n  condition: s and t\n");
  ASSERT_TRUE(rule);
  EXPECT_THAT(rule->asks(), ElementsAre(0, 1, 2, 5));
  const auto missing = [&](std::string_view text) {
    const auto document = read_yaml("t.yml", text);
    const auto record = InlineRecord::read("t.yml", document->root.entries, kSchema);
    const Answer answer = rule->evaluate(record->reader());
    return answer.truth == Truth::unknown ? std::string{kSchema[answer.missing].name} : "decided";
  };
  // The unknown `name` does not matter once `flag` decides the selection.
  EXPECT_EQ(missing("{flag: true}"), "alias");
  EXPECT_EQ(missing("{alias: x, flag: false, count: 1}"), "name");
  EXPECT_EQ(missing("{}"), "name");  // of several the first
  EXPECT_EQ(missing("{alias: y}"), "decided");
}

TEST(Compile, ComplainsWithPlaceAndWayOut) {
  struct Case {
    std::string_view item;
    std::string_view says;
  };
  const Case cases[] = {
      {"client.pi: 10.0.0.1", "r.yml:8:5: unknown field 'client.pi' (did you mean 'client.ip'?)"},
      {"count: many", "r.yml:8:12: 'count': expected a number, not 'many'"},
      {"flag: yes", "expected true or false, not 'yes'"},
      {"client.ip: 10.*", "(for a network write 'client.ip|cidr')"},
      {"client.ip|cidr: 10.0.0.0/33", "expected a network"},
      {"time|gt: today", "expected a moment"},
      {"name|gt: 5", "modifier 'gt' means nothing for text"},
      {"name|cidr: 10.0.0.0/8", "modifier 'cidr' means nothing for text"},
      {"count|contains: 5", "modifier 'contains' means nothing for a whole number"},
      {"name|contains|startswith: x", "these modifiers exclude each other"},
      {"name|exists|cased: true", "'exists' takes no other modifier"},
      {"name|exists: maybe", "'exists' wants true or false"},
      {"name|exists: [true, false]", "takes one value, not a list"},
      {"count|gt: [1, 2]", "takes one value, not a list"},
      {"name|i: x", "'i', 'm' and 's' belong to 're'"},
      {"name|re|cased: x", "'re' is case-sensitive already"},
      {"name|re: '('", "regular expression: missing )"},
      {"name|contains|all: x", "'all' wants a list of two or more values"},
      {"name|all: [x, y]", "one text cannot equal all of several values (add 'contains')"},
      {"name|contains|neq: x", "'neq' goes with 'cased', 'expand', 'fieldref' and times only"},
      {"name|neq: null", "null does not go with these modifiers"},
      {"name|fieldref: count", "is text and 'count' is a whole number"},
      {"name|fieldref: alais", "unknown field 'alais' (did you mean 'alias'?)"},
      {"name|expand: '%see%'", "unknown placeholder '%see%' (did you mean '%sea%'?)"},
      {"name|expand: VN", "'expand' finds no %name%"},
      {"name: '%sea%'", "(write 'name|expand')"},
  };
  for (const Case& row : cases) {
    const auto rule = compile("  s:\n    " + std::string{row.item} + "\n  condition: s\n");
    ASSERT_FALSE(rule) << row.item;
    EXPECT_THAT(rule.error().front().text(), HasSubstr(std::string{row.says})) << row.item;
  }
}

TEST(Compile, ChecksFieldsAndTests) {
  const auto rule = compile("  s: {name: x}\n  condition: s\n",
                            "fields: [name, nam]\nsekimori:\n  tests:\n"
                            "    - {name: t, record: {count: x}, expect: match}\n");
  ASSERT_FALSE(rule);
  ASSERT_EQ(rule.error().size(), 2U);
  EXPECT_THAT(rule.error()[0].text(), HasSubstr("unknown field 'nam'"));
  EXPECT_THAT(rule.error()[1].text(), HasSubstr("'count': expected a whole number"));
}

TEST(Compile, RunsItsOwnTests) {
  const auto rule = compile("  s: {name: x}\n  condition: s\n",
                            "sekimori:\n  tests:\n"
                            "    - {name: good, record: {name: x}, expect: match}\n"
                            "    - {name: wrong, record: {name: x}, expect: no_match}\n"
                            "    - {name: empty, record: {}, expect: no_match}\n");
  ASSERT_TRUE(rule);
  std::vector<std::string> texts;
  for (const Complaint& one : run_rule_tests(*rule, kSchema)) texts.push_back(one.text());
  EXPECT_THAT(texts, ElementsAre("r.yml:12: test 'wrong': expected no_match, the rule says match",
                                 "r.yml:13: test 'empty': expected no_match, the rule says "
                                 "undecided, for want of 'name'"));
}

}  // namespace
}  // namespace sekimori
