#include "core/rules/correlation_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/rules/text_pack.h"

namespace sekimori {
namespace {

using ::testing::HasSubstr;

constexpr FieldSpec kSession[] = {{"event.start", FieldType::moment},
                                  {"client.ip", FieldType::ip},
                                  {"client.as.number", FieldType::integer},
                                  {"sekimori.payload.client_head", FieldType::text}};
constexpr FieldSpec kClaim[] = {
    {"event.start", FieldType::moment},       {"client.ip", FieldType::ip},
    {"client.as.number", FieldType::integer}, {"claim.time", FieldType::moment},
    {"claim.account", FieldType::text},       {"claim.ip", FieldType::ip}};
const PackSchemas kSchemas{kSession, kClaim};

const std::string kRules = named_rule("login", "01", "claim", "claim.account: a") +
                           named_rule("remote", "02", "session", "client.as.number: 1");

std::string correlation(std::string_view body, std::string_view head = "title: t\n") {
  return std::string{head} + "correlation:\n" + std::string{body};
}

const std::string kCount =
    "  type: event_count\n  rules: [login]\n  group-by: [claim.account]\n  timespan: 1h\n"
    "  condition: {gte: 2}\n";

std::string changed(std::string text, std::string_view was, std::string_view is) {
  const std::size_t at = text.find(was);
  EXPECT_NE(at, std::string::npos) << was;
  return text.replace(at, was.size(), is);
}

TEST(CorrelationLink, TellsWhatIsWrongWithItsPlace) {
  struct Case {
    std::string text;
    std::string_view says;  // from the line on
  };
  const std::string both = changed(kCount, "[login]", "[login, remote]");
  const std::string aliased = changed(both, "[claim.account]", "[address]");
  const std::string aliases = "  aliases: {address: {login: claim.ip, remote: client.ip}}\n";
  const Case cases[] = {
      {correlation(changed(kCount, "[login]", "[logn]")),
       "r.yml:16:11: no rule has the id or name 'logn' (did you mean 'login'?)"},
      {correlation(changed(kCount, "claim.account", "claim.acount")),
       "r.yml:17:14: unknown field 'claim.acount' (did you mean 'claim.account'?)"},
      {correlation(both),
       "r.yml:17:14: 'claim.account' is no field of a session, which 'remote' is about (write an "
       "alias with a field for each rule)"},
      {correlation(changed(kCount, "claim.account", "sekimori.payload.client_head")),
       "r.yml:17:14: 'sekimori.payload.client_head' never leaves the sensor"},
      {correlation(changed(changed(kCount, "login", "remote"), "claim.account", "claim.ip")),
       "'claim.ip' is no field of a session"},
      {correlation(aliased + changed(aliases, "remote:", "remot:")),
       "r.yml:20:40: alias 'address': 'remot' is none of the rules it looks at (did you mean "
       "'remote'?)"},
      {correlation(aliased + changed(aliases, ", remote: client.ip", "")),
       "r.yml:20:13: alias 'address' names no field of 'remote' (write one for each of the rules)"},
      {correlation(aliased + changed(aliases, "client.ip", "client.ipp")),
       "r.yml:20:48: unknown field 'client.ipp' (did you mean 'client.ip'?)"},
      {correlation(kCount + aliases), "r.yml:20:13: alias 'address' is not used"},
      {correlation(changed(changed(kCount, "[login]", "[remote]"), "claim.account", "client.ip"),
                   "title: t\nid: 0f8fad5b-d9cb-469f-a165-708677289510\n"
                   "sekimori: {finding: many_places}\n"),
       "r.yml:13: has a finding, but no claim is among its events to carry it"},
      {correlation(changed(kCount, "[login]", "[t1]"), "title: t\nname: t1\n"),
       "r.yml:17:11: 't1' looks at this rule in turn: 't1' -> 't1' (a correlation cannot wait for "
       "itself)"},
      {correlation(changed(kCount, "[login]", "[b]"), "title: t\nname: a\n") + "---\n" +
           correlation(changed(kCount, "[login]", "[a]"), "title: u\nname: b\n"),
       "'a' looks at this rule in turn: 'a' -> 'b' -> 'a'"},
      {correlation(kCount, "title: t\nstatus: deprecated\nname: old\n") + "---\n" +
           correlation(changed(kCount, "[login]", "[old]")),
       "'old' is deprecated, so no event would come from it"},
      {correlation(kCount, "title: t\nstatus: unsupported\n"),
       "its status says that it cannot be used"},
      {correlation(kCount,
                   "title: t\nsekimori: {tests: [{name: n, expect: match, records: "
                   "[{claim.acount: a}]}]}\n"),
       "r.yml:14:56: unknown field 'claim.acount'"},
      {correlation(kCount,
                   "title: t\nsekimori: {tests: [{name: n, expect: match, records: "
                   "[{claim.account: a}]}]}\n"),
       "r.yml:14:55: a record of a sequence needs its time"},
      {correlation(kCount, "title: t\nname: c\n") +
           "---\ntitle: f\nlogsource: {product: sekimori, category: claim}\n"
           "filter: {rules: [c], x: {claim.account: a}, condition: x}\n",
       "'c' is a correlation (name the rules that it looks at)"},
      {correlation(kCount, "title: t\nname: login\n"), "name login stands in"},
  };
  for (const Case& row : cases) {
    const auto pack = load_text(kRules + row.text, kSchemas);
    ASSERT_FALSE(pack) << row.says;
    EXPECT_THAT(pack.error().front().text(), HasSubstr(std::string{row.says})) << row.text;
  }
}

TEST(CorrelationLink, OrdersThemAfterWhatTheyLookAt) {
  const auto pack =
      load_text(correlation(changed(kCount, "[login]", "[inner]"), "title: outer\n") + "---\n" +
                    correlation(kCount, "title: inner\nname: inner\nstatus: experimental\n") +
                    "---\n" + kRules,
                kSchemas);
  ASSERT_TRUE(pack) << pack.error().front().text();
  ASSERT_EQ(pack->correlations().size(), 2U);
  EXPECT_EQ(pack->correlations()[0].facts.title, "inner");
  EXPECT_EQ(pack->correlations()[1].facts.title, "outer");
  EXPECT_TRUE(pack->correlations()[1].shadow);  // as sure as what it rests on
  EXPECT_EQ(pack->uses_of_correlation(0).size(), 1U);
  const auto login = pack->find_rule("0f8fad5b-d9cb-469f-a165-708677289501");
  ASSERT_TRUE(login);
  EXPECT_EQ(pack->uses_of_rule(*login).size(), 1U);
}

// A sensor does not run rules of claims, and so no correlation; what is wrong is told all the same.
TEST(CorrelationLink, ASensorChecksAndLeavesThemOut) {
  const PackSchemas sensor{kSession, {}};
  const auto pack = load_text(kRules + correlation(kCount), sensor);
  ASSERT_TRUE(pack) << pack.error().front().text();
  EXPECT_TRUE(pack->correlations().empty());
  const auto cut = load_text(kRules + correlation(changed(kCount, "[login]", "[logn]")), sensor);
  EXPECT_FALSE(cut);
}

TEST(CorrelationLink, KnowsWhetherAnythingChangedThatDecides) {
  const auto definition = [](const std::string& text, const Placeholders& placeholders = {}) {
    const auto pack = load_text(text, kSchemas, placeholders);
    EXPECT_TRUE(pack) << text;
    return pack ? pack->correlations()[0].definition : std::string{};
  };
  const std::string text = kRules + correlation(kCount);
  const std::string same = definition(text);
  EXPECT_EQ(definition("# a comment\n" + changed(text, "{gte: 2}", "\n    gte: '2'")), same);
  EXPECT_EQ(definition(changed(text, "title: t\n", "title: t\nlevel: high\n")), same);
  EXPECT_NE(definition(changed(text, "{gte: 2}", "{gte: 3}")), same);
  EXPECT_NE(definition(changed(text, "claim.account: a", "claim.account: b")), same);
  EXPECT_NE(definition(text, {{"sea", {"VN"}}}), same);
  EXPECT_NE(definition(text + "---\ntitle: f\nlogsource: {product: sekimori, category: claim}\n"
                              "filter: {rules: [login], x: {claim.account: a}, condition: x}\n"),
            same);
}

}  // namespace
}  // namespace sekimori
