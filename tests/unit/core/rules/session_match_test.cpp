#include "core/rules/session_match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/rules/rule_reader.h"

namespace sekimori {
namespace {

using ::testing::ElementsAre;

struct Written {
  std::string_view id;  // the last digit
  std::string_view item, names;
  std::string_view status = "test";
};

RuleMatcher matcher_of(const std::vector<Written>& all) {
  std::vector<CompiledRule> rules;
  for (const Written& one : all) {
    std::string text = "title: t\nid: 00000000-0000-0000-0000-00000000000" + std::string{one.id} +
                       "\nstatus: " + std::string{one.status} +
                       "\nlogsource: {product: sekimori, category: session}\ndetection: {s: {" +
                       std::string{one.item} + "}, condition: s}\n";
    if (!one.names.empty()) text += "sekimori: {names: {" + std::string{one.names} + "}}\n";
    const auto rule = read_rule(*read_yaml("r.yml", text));
    EXPECT_TRUE(rule) << text;
    auto compiled = compile_rule(*rule, sensor_fields(), {});
    EXPECT_TRUE(compiled) << compiled.error().front().text();
    rules.push_back(std::move(*compiled));
  }
  return RuleMatcher{
      std::make_shared<const RulePack>(std::move(rules), "hash", PackSchemas{sensor_fields(), {}})};
}

std::vector<std::string> matched(const SessionRecord& record) {
  std::vector<std::string> ids;
  for (const SignatureMatch& one : record.signatures.view()) {
    ids.emplace_back(one.id.view().substr(35));
  }
  return ids;
}

TEST(SessionMatch, NamesFirstWhateverTheIds) {
  RuleMatcher matcher = matcher_of({
      {"1", "sekimori.remote_access.name: tool", ""},
      {"2", "network.protocol: odd", "remote_access: tool"},  // rests on what 9 says
      {"9", "server.port: 4000", "protocol: odd"},
  });
  SessionRecord record;
  record.server.port = 4000;
  name_session(matcher, record);
  sign_session(matcher, record);
  EXPECT_EQ(record.network_protocol, "odd");
  EXPECT_EQ(record.remote_access, "tool");
  EXPECT_THAT(matched(record), ElementsAre("1", "2", "9"));
  // Rounds for names are not counted.
  EXPECT_EQ(matcher.counters().matched(1), 1U);
  EXPECT_THAT(matcher.counters().undecided(1), ElementsAre(0));
}

TEST(SessionMatch, KeepsWhatWasNamedAndTheNameOfTheSmallestId) {
  RuleMatcher matcher = matcher_of({
      {"1", "server.port: 4000", "tunnel: shadow", "experimental"},
      {"2", "server.port: 4000", "tunnel: first, protocol: late"},
      {"3", "server.port: 4000", "tunnel: second, application: app"},
  });
  SessionRecord record;
  record.server.port = 4000;
  record.network_protocol.assign("tls");
  name_session(matcher, record);
  sign_session(matcher, record);
  EXPECT_EQ(record.network_protocol, "tls");
  EXPECT_EQ(record.tunnel, "first");
  EXPECT_EQ(record.application, "app");
  EXPECT_THAT(matched(record), ElementsAre("1", "2", "3"));
}

TEST(SessionMatch, NamesNothingWhereNothingMatches) {
  RuleMatcher matcher = matcher_of({{"1", "server.port: 4000", "tunnel: x"}});
  SessionRecord record;
  name_session(matcher, record);
  sign_session(matcher, record);
  EXPECT_TRUE(record.tunnel.empty());
  EXPECT_THAT(matched(record), ElementsAre());
  EXPECT_THAT(matcher.counters().undecided(0), ElementsAre(1));
}

}  // namespace
}  // namespace sekimori
