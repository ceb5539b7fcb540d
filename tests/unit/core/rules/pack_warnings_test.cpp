#include "core/rules/pack_warnings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <variant>

#include "core/record/field.h"
#include "core/rules/rule_reader.h"
#include "core/text/yaml.h"

namespace sekimori {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Warnings of rules whose detections are given, all else as it should be; "kind of n" by number.
std::vector<std::string> kinds(
    const std::vector<std::string>& detections,
    const std::string& more = "references: [x]\nfalsepositives: [none]\n",
    const std::string& sekimori =
        "sekimori: {tests: [{name: t, record: {}, expect: undecided}]}\n") {
  std::vector<CompiledRule> rules;
  for (std::size_t at = 0; at < detections.size(); ++at) {
    const std::string text = "title: rule\nid: 00000000-0000-4000-8000-00000000000" +
                             std::to_string(at) +
                             "\nlogsource: {product: sekimori, category: session}\n" + more +
                             sekimori + "detection: {" + detections[at] + "}\n";
    const auto documents = read_yaml_documents("r.yml", text);
    EXPECT_TRUE(documents);
    auto read = read_sigma(documents->front());
    EXPECT_TRUE(read) << text;
    if (!read) return {};
    auto rule = compile_rule(std::get<Rule>(*read), sensor_fields(), {});
    EXPECT_TRUE(rule) << text;
    if (!rule) return {};
    rules.push_back(std::move(*rule));
  }
  const RulePack pack{std::move(rules), "hash", {sensor_fields(), {}}};
  KnownNames known;
  known.protocols = {"tls", "ssh"};
  std::vector<std::string> out;
  for (const RuleWarning& one : warnings_of(pack, known)) {
    out.push_back(std::string{one.kind} + " of " + one.rule.substr(35));
  }
  return out;
}

TEST(PackWarnings, NoneWhereAllIsWell) {
  EXPECT_THAT(kinds({"a: {server.port: 3389}, condition: a"}), IsEmpty());
}

TEST(PackWarnings, OfWhatWasNotWritten) {
  EXPECT_THAT(kinds({"a: {server.port: 3389}, condition: a"}, "level: low\n", ""),
              ElementsAre("untested of 0", "unreferenced of 0", "unbounded of 0"));
  EXPECT_THAT(kinds({"a: {server.port: 3389}, condition: a"}, "", ""), ElementsAre("untested of 0"))
      << "what says nothing is a part of something else";
}

TEST(PackWarnings, OfJa3Alone) {
  EXPECT_THAT(kinds({"a: {tls.client.ja3: aa}, condition: a",
                     "a: {tls.client.ja3: bb, tls.client.ja4: cc}, condition: a"}),
              ElementsAre("ja3_only of 0"));
}

TEST(PackWarnings, OfWhatIsAskedOfEveryRecord) {
  EXPECT_THAT(kinds({"a: {tls.client.server_name|contains: vpn}, condition: a"}),
              ElementsAre("unindexed of 0"));
}

TEST(PackWarnings, OfNotOverWhatIsOftenAbsent) {
  EXPECT_THAT(
      kinds(
          {"a: {server.port: 443}, b: {tls.client.server_name: x}, condition: a and not b",
           "a: {server.port: 444}, b: {network.transport: udp}, condition: a and not b",
           "a: {server.port: 445}, b: {tls.client.server_name: [x, null]}, condition: a and not b",
           "a: {tls.client.server_name|endswith: .com}, b: {tls.client.server_name: x.com}, "
           "condition: a and not b"}),
      ElementsAre("negates_absent of 0"));
}

TEST(PackWarnings, OfNamesThatNobodySays) {
  EXPECT_THAT(
      kinds({"a: {network.protocol: tls}, condition: a", "a: {network.protocol: tsl}, condition: a",
             "a: {network.protocol: ts*}, condition: a"}),
      ElementsAre("unknown_name of 1"));
}

TEST(PackWarnings, OfRulesThatLieOverEachOther) {
  EXPECT_THAT(
      kinds({"a: {server.port: 1, client.port: 2}, condition: a",
             "b: {client.port: 2}, c: {server.port: 1}, condition: b and c",
             "a: {server.port: [3, 4]}, condition: a", "a: {server.port: [4, 5]}, condition: a",
             "a: {server.port: 5, client.port: 9}, condition: a"}),
      ElementsAre("overlap of 1", "overlap of 3"));
}

}  // namespace
}  // namespace sekimori
