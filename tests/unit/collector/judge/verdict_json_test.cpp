#include "collector/judge/verdict_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/collector/judge/sample.h"

namespace sekimori {
namespace {

Verdict sample() {
  Verdict verdict;
  verdict.claim = claim();
  verdict.outcome = JoinOutcome::matched;
  verdict.events = {session("CN", 62'000).id};
  verdict.mismatch = Mismatch::contradicted;
  verdict.findings.push_back(
      {"foreign_direct",
       "high",
       "7c1f0e52",
       "Connects from \"China\"",
       false,
       {{"client.geo.country_iso_code", "\"CN\""}, {"sekimori.place.reach_km", "6386"}},
       {{"margin_km", 50}}});
  verdict.missing = {"a: b"};
  verdict.connection = session("CN", 62'000);
  verdict.versions = {"0.1.0", "abc", {{"Example-Country", "2024-03-25T00:00:00.000000Z"}}};
  return verdict;
}

std::string line_of(const Verdict& verdict) {
  std::string line;
  append_verdict_json(line, verdict);
  return line;
}

TEST(VerdictJson, HasTheKeysOfTheVerdictLine) {
  const std::string line = line_of(sample());
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"claim", "connection", "findings", "join", "mismatch",
                                            "missing", "versions"}));
  EXPECT_EQ(json["claim"]["account"], "w-1041");
  EXPECT_EQ(json["join"]["outcome"], "matched");
  EXPECT_EQ(json["join"]["events"][0], "00000000000000000000000000000001");
  EXPECT_EQ(json["mismatch"], "contradicted");
  EXPECT_EQ(json["findings"][0]["name"], "foreign_direct");
  EXPECT_EQ(json["findings"][0]["strength"], "high");
  EXPECT_EQ(json["findings"][0]["rule_title"], "Connects from \"China\"");
  EXPECT_EQ(json["findings"][0]["evidence"]["sekimori.place.reach_km"], 6386);
  EXPECT_EQ(json["findings"][0]["evidence"]["client.geo.country_iso_code"], "CN");
  EXPECT_EQ(json["findings"][0]["thresholds"]["margin_km"], 50);
  EXPECT_FALSE(json["findings"][0].contains("shadow"));
  EXPECT_EQ(json["missing"][0], "a: b");
  EXPECT_EQ(json["connection"]["client"]["geo"]["country_iso_code"], "CN");
  EXPECT_EQ(json["connection"]["tls"]["client"]["ja4"], "t13d1516h2_8daaf6152771_02713d6af862");
  EXPECT_EQ(json["connection"]["sekimori"]["timing"]["client_rtt_us"], 62000);
  EXPECT_FALSE(json["connection"].contains("@timestamp"));
  EXPECT_EQ(json["versions"]["pack"], "abc");
  EXPECT_EQ(json["versions"]["databases"][0]["type"], "Example-Country");
}

TEST(VerdictJson, ShowsTheAddressAloneWithoutOneSession) {
  Verdict verdict = sample();
  verdict.outcome = JoinOutcome::ambiguous;
  const auto json = nlohmann::json::parse(line_of(verdict));
  EXPECT_EQ(json["connection"]["client"]["ip"], "203.0.113.9");
  EXPECT_FALSE(json["connection"].contains("event"));
  EXPECT_FALSE(json["connection"].contains("tls"));
  EXPECT_FALSE(json["connection"]["client"].contains("port"));
  EXPECT_FALSE(json["connection"]["sekimori"].contains("timing"));
}

TEST(VerdictJson, LeavesOutWhatIsNotThere) {
  Verdict verdict = sample();
  verdict.connection.reset();
  verdict.findings[0].shadow = true;
  const auto json = nlohmann::json::parse(line_of(verdict));
  EXPECT_FALSE(json.contains("connection"));
  EXPECT_FALSE(json.contains("case"));
  EXPECT_EQ(json["findings"][0]["shadow"], true);
}

TEST(VerdictJson, StaysOneLineWhateverAClaimHolds) {
  Verdict verdict = sample();
  verdict.claim.account = "w\n\x1b[31m\xff\"";
  const std::string line = line_of(verdict);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_TRUE(nlohmann::json::accept(line));
}

}  // namespace
}  // namespace sekimori
