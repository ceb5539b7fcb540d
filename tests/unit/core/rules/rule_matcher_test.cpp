#include "core/rules/rule_matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>

#include "core/rules/inline_record.h"
#include "core/rules/rule_reader.h"

namespace sekimori {
namespace {

using ::testing::ElementsAre;

constexpr FieldSpec kSchema[] = {
    {"name", FieldType::text},     {"alias", FieldType::text},    {"server", FieldType::text},
    {"count", FieldType::integer}, {"ratio", FieldType::real},    {"flag", FieldType::boolean},
    {"client.ip", FieldType::ip},  {"server.ip", FieldType::ip},  {"time", FieldType::moment},
    {"alpn", FieldType::texts},    {"ids", FieldType::signatures}};

CompiledRule compiled(std::size_t number, const std::string& detection) {
  std::string id = "00000000-0000-0000-0000-000000000000";
  const std::string digits = std::to_string(number);
  id.replace(id.size() - digits.size(), digits.size(), digits);
  const auto document = read_yaml(
      "r.yml", "title: t\nid: " + id + "\nstatus: test\nlevel: low\n" +
                   "logsource: {product: sekimori, category: session}\ndetection: " + detection);
  EXPECT_TRUE(document) << detection;
  const auto rule = read_rule(*document);
  EXPECT_TRUE(rule) << detection << rule.error().front().text();
  auto made = compile_rule(*rule, kSchema, {});
  EXPECT_TRUE(made) << detection << made.error().front().text();
  return std::move(*made);
}

std::shared_ptr<const RulePack> pack_of(const std::vector<std::string>& detections) {
  std::vector<CompiledRule> rules;
  for (const std::string& one : detections) rules.push_back(compiled(rules.size(), one));
  return std::make_shared<const RulePack>(std::move(rules), "hash", PackSchemas{kSchema, {}});
}

InlineRecord record_of(const std::string& text) {
  const auto document = read_yaml("t.yml", text);
  auto record = InlineRecord::read("t.yml", document->root.entries, kSchema);
  EXPECT_TRUE(record) << text << record.error().front().text();
  return std::move(*record);
}

// Few values, so that rules and records often meet.
class Maker {
 public:
  explicit Maker(unsigned seed) : random_{seed} {}

  std::size_t below(std::size_t end) { return random_() % end; }
  template <std::size_t N>
  const char* one_of(const std::array<const char*, N>& from) {
    return from[below(N)];
  }

  std::string item() {
    switch (below(16)) {
      case 0:
        return "name: " + texts();
      case 1:
        return "name|startswith: " + texts();
      case 2:
        return "server|endswith: " + texts();
      case 3:
        return "alias|contains: " + texts();
      case 4:
        return "client.ip|cidr: " + networks();
      case 5:
        return "server.ip: " + std::string{one_of(kAddresses)};
      case 6:
        return "count: [" + number() + ", " + number() + "]";
      case 7:
        return "ratio: " + number() + ".5";
      case 8:
        return "count|gt: " + number();
      case 9:
        return "flag: " + std::string{below(2) == 0 ? "true" : "false"};
      case 10:
        return "alpn: " + texts();
      case 11:
        return "server|neq: " + texts();
      case 12:
        return one_of(kOdd);
      case 13:
        return "alias|cased: " + texts();
      case 14:
        return "alpn|startswith|all: [a, " + texts_list() + "]";
      default:
        return "server: " + texts();
    }
  }

  std::string detection() {
    std::string text = "{";
    const std::size_t selections = 1 + below(3);
    for (std::size_t at = 0; at < selections; ++at) {
      text += "s" + std::to_string(at) + ": " + selection() + ", ";
    }
    const std::size_t form = below(9);
    std::string condition = "1 of them";
    if (selections == 1) condition = form == 0 ? "not s0" : "s0";
    if (selections == 2) {
      condition = std::array{"s0 and s1",       "s0 or s1",          "s0 and not s1",
                             "not (s0 and s1)", "s0 and (s1 or s0)", "all of them",
                             "1 of them",       "s1 and s0",         "s0 and (s0 or s1)"}[form];
    }
    if (selections == 3) {
      condition = std::array{"s0 and s1 and s2",
                             "s0 and (s1 or s2)",
                             "s0 and not (s1 or s2)",
                             "(s0 or s1) and not s2",
                             "(s0 and s1) or s2",
                             "all of them",
                             "1 of them",
                             "s2 and (s0 or s1)",
                             "s0 and not s1 and s2"}[form];
    }
    return text + "condition: " + condition + "}\n";
  }

  std::string record() {
    std::string text = "{";
    const auto maybe = [&](const std::string& entry) {
      if (below(3) != 0) text += entry + ", ";
    };
    maybe(std::string{"name: "} + one_of(kTexts));
    maybe(std::string{"alias: "} + one_of(kTexts));
    maybe(std::string{"server: "} + one_of(kTexts));
    maybe("count: " + number());
    maybe("ratio: " + number() + ".5");
    maybe(below(2) == 0 ? "flag: true" : "flag: false");
    maybe(std::string{"client.ip: "} + one_of(kAddresses));
    maybe(std::string{"server.ip: "} + one_of(kAddresses));
    maybe(std::string{"alpn: ["} + one_of(kTexts) + ", " + one_of(kTexts) + "]");
    return text + "}";
  }

 private:
  static constexpr std::array kTexts{"a", "A", "ab", "aBc", "b", "ba.c", "xa.c", "abab", "''"};
  static constexpr std::array kAddresses{"10.0.0.1",  "10.0.3.1",    "10.1.0.1",
                                         "192.0.2.1", "2001:db8::1", "2001:db8:0:8::1"};
  static constexpr std::array kNetworks{"10.0.0.0/8",   "10.0.0.0/22",   "10.0.0.0/23",
                                        "192.0.2.1/32", "2001:db8::/45", "2001:db8::/61",
                                        "0.0.0.0/0",    "10.0.0.0/15"};
  static constexpr std::array kOdd{
      "name: null",          "name|exists: false", "server|exists: true", "name|fieldref: alias",
      "name: [a, null]",     "server|re: ^a",      "name: 'a*c'",         "name: '?b*'",
      "server: '*'",         "server|re: ^ab+",    "name|re|i: ^AB",      "name|re: ['^ab', '^b.']",
      "name|re: ['^ab', b]", "name|re: '^a?b'",    "name|re: '^(ab|aB)'"};

  std::string text() {
    constexpr std::array kEnds{"", "", "", "*", "?"};
    return std::string{"'"} + std::array{"a", "ab", "b", "A.c", "aba"}[below(5)] + one_of(kEnds) +
           "'";
  }
  std::string texts_list() { return text() + ", " + text(); }
  std::string texts() { return below(2) == 0 ? text() : "[" + texts_list() + "]"; }
  std::string networks() {
    return std::string{"["} + one_of(kNetworks) + ", " + one_of(kNetworks) + "]";
  }
  std::string number() { return std::to_string(below(4)); }
  // A map cannot name a key twice.
  std::string map() {
    std::set<std::string> items;
    std::set<std::string> keys;
    for (std::size_t left = 1 + below(3); left > 0; --left) {
      const std::string one = item();
      if (keys.insert(one.substr(0, one.find(':'))).second) items.insert(one);
    }
    std::string text;
    for (const std::string& one : items) text += (text.empty() ? "{" : ", ") + one;
    return text + "}";
  }
  std::string selection() { return below(3) != 0 ? map() : "[" + map() + ", " + map() + "]"; }

  std::mt19937 random_;
};

void expect_same(const RulePack& pack, const RuleCounters& plain, const RuleCounters& counters) {
  for (std::size_t rule = 0; rule < pack.rules().size(); ++rule) {
    EXPECT_EQ(counters.matched(rule), plain.matched(rule)) << rule;
    EXPECT_EQ(counters.undecided(rule), plain.undecided(rule)) << rule;
  }
}

// Asks every rule in turn: what the index must not be told from.
void ask_all(const RulePack& pack, const FieldReader& reader, RuleCounters& counters,
             std::vector<RuleUnit>& matches, std::set<FieldId>& missing) {
  for (const std::size_t rule : pack.of(Category::session)) {
    const Answer answer = pack.rules()[rule].evaluate(reader);
    counters.count(pack.index(Category::session), static_cast<RuleUnit>(rule), answer);
    if (answer.truth == Truth::yes) matches.push_back(static_cast<RuleUnit>(rule));
    if (answer.truth == Truth::unknown) missing.insert(answer.missing);
  }
}

TEST(RuleMatcher, SaysAndCountsWhatAskingEveryRuleDoes) {
  for (unsigned seed = 0; seed < 150; ++seed) {
    SCOPED_TRACE(seed);
    Maker maker{seed};
    std::vector<std::string> detections;
    for (std::size_t left = 1 + maker.below(40); left > 0; --left) {
      detections.push_back(maker.detection());
    }
    const auto pack = pack_of(detections);
    RuleMatcher matcher{pack};
    RuleCounters plain{*pack};
    for (int records = 0; records < 40; ++records) {
      const InlineRecord record = record_of(maker.record());
      std::vector<RuleUnit> matches;
      std::set<FieldId> missing;
      ask_all(*pack, record.reader(), plain, matches, missing);
      const RuleMatcher::Found found = matcher.match(Category::session, record.reader());
      ASSERT_THAT(found.rules, ::testing::ElementsAreArray(matches));
      ASSERT_EQ(std::set<FieldId>(found.missing.begin(), found.missing.end()), missing);
      ASSERT_EQ(found.missing.size(), missing.size());
    }
    expect_same(*pack, plain, matcher.counters());
    if (HasFailure()) {
      for (const std::string& one : detections) std::cerr << one;
      return;
    }
  }
}

std::vector<std::string> fingerprints(std::size_t many) {
  std::vector<std::string> detections;
  for (std::size_t at = 0; at < many; ++at) {
    detections.push_back("{s: {name: t13d" + std::to_string(at) + ", flag: true}, condition: s}\n");
  }
  return detections;
}

// Reads of the subject stand for work: what the index saves is asking.
struct Reads {
  const InlineRecord* record;
  std::size_t count = 0;
};
FieldReader counting(Reads& reads) {
  return {&reads, [](const void* subject, FieldId id, FieldScratch& scratch) noexcept {
            auto* self = const_cast<Reads*>(static_cast<const Reads*>(subject));
            ++self->count;
            return self->record->reader()(id, scratch);
          }};
}

TEST(RuleMatcher, AsksNoMoreForTenThousandRulesThanForOne) {
  for (const char* text : {"{name: t13d7, flag: true}", "{name: other, flag: true}", "{flag: true}",
                           "{flag: false}", "{}"}) {
    SCOPED_TRACE(text);
    const InlineRecord record = record_of(text);
    std::array<std::size_t, 2> reads{};
    for (const std::size_t round : {0U, 1U}) {
      RuleMatcher matcher{pack_of(fingerprints(round == 0 ? 10 : 3000))};
      Reads counted{&record};
      matcher.match(Category::session, counting(counted));
      reads[round] = counted.count;
      if (std::string_view{text} == "{flag: true}") {
        EXPECT_THAT(matcher.counters().undecided(9), ElementsAre(1, 0));
      }
    }
    EXPECT_EQ(reads[0], reads[1]);
  }
}

TEST(RuleMatcher, CountsForAClassWhatEachOfItsRulesWouldSay) {
  RuleMatcher matcher{pack_of({"{s: {name: a}, t: {server: b}, condition: s or t}\n",
                               "{s: {name: c}, t: {server: d}, condition: s or t}\n"})};
  const InlineRecord record = record_of("{server: d}");
  const auto found = matcher.match(Category::session, record.reader());
  EXPECT_THAT(found.rules, ElementsAre(1));
  EXPECT_THAT(found.missing, ElementsAre(0));
  EXPECT_THAT(matcher.counters().undecided(0), ElementsAre(1, 0));
  EXPECT_THAT(matcher.counters().undecided(1), ElementsAre(0, 0));
  EXPECT_EQ(matcher.counters().matched(1), 1U);
}

}  // namespace
}  // namespace sekimori
