#include "collector/judge/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/rules/inline_record.h"
#include "tests/unit/collector/judge/sample.h"

namespace sekimori {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::shared_ptr<const RulePack> shipped_pack() {
  const auto regions = load_placeholders("config/regions.yaml");
  EXPECT_TRUE(regions);
  auto pack = load_pack("signatures", {sensor_fields(), claim_fields()}, *regions);
  if (pack) return std::make_shared<const RulePack>(std::move(*pack));
  for (const Complaint& one : pack.error()) ADD_FAILURE() << one.text();
  return nullptr;
}

Verdict judged(const Observation& observation, JudgeSettings settings = tokyo()) {
  static const auto pack = shipped_pack();
  return Judge{pack, std::move(settings)}.judge(observation);
}

std::vector<std::string> names(const Verdict& verdict) {
  std::vector<std::string> all;
  for (const Finding& finding : verdict.findings) all.push_back(finding.name);
  return all;
}

TEST(Judge, ShippedRulesPassTheirOwnTests) {
  const auto pack = shipped_pack();
  ASSERT_TRUE(pack);
  for (const CompiledRule& rule : pack->rules()) {
    EXPECT_GE(rule.tests().size(), 2U) << rule.file();
    for (const Complaint& failure :
         run_rule_tests(rule, pack->schemas().of(rule.facts().category))) {
      ADD_FAILURE() << failure.text();
    }
  }
}

TEST(Judge, NamesWhatTheConnectionSays) {
  struct Case {
    std::string_view what, listed;
    std::uint32_t rtt_us;
    Mismatch mismatch;
    std::vector<std::string> findings;
    std::string_view strength;
  };
  const Case cases[] = {
      {"at home", "JP", 5'000, Mismatch::fits, {"consistent"}, "informational"},
      {"China", "CN", 62'000, Mismatch::contradicted, {"foreign_direct"}, "high"},
      {"Hong Kong", "HK", 52'000, Mismatch::contradicted, {"foreign_direct"}, "high"},
      {"Russia", "RU", 35'000, Mismatch::contradicted, {"foreign_direct"}, "high"},
      {"Viet Nam", "VN", 80'000, Mismatch::contradicted, {"foreign_direct"}, "high"},
      {"elsewhere", "US", 110'000, Mismatch::contradicted, {"foreign_direct"}, "medium"},
      {"listed in Russia, next door",
       "RU",
       3'000,
       Mismatch::unknown,
       {"geoip_contradicted"},
       "medium"},
      {"listed nowhere", "", 5'000, Mismatch::unknown, {"insufficient"}, "informational"},
  };
  for (const Case& row : cases) {
    const Verdict verdict = judged(matched(session(row.listed, row.rtt_us)));
    EXPECT_EQ(verdict.mismatch, row.mismatch) << row.what;
    EXPECT_EQ(names(verdict), row.findings) << row.what;
    ASSERT_FALSE(verdict.findings.empty()) << row.what;
    EXPECT_EQ(verdict.findings[0].strength, row.strength) << row.what;
  }
}

// The claimed country is the listed one, and physics forbids it: neither fits nor is contradicted.
TEST(Judge, DoesNotClearByAnAnswerThatPhysicsForbids) {
  Observation seen = matched(session("RU", 3'000));
  seen.claim.country = *CountryCode::parse("RU");
  const Verdict verdict = judged(seen);
  EXPECT_EQ(verdict.mismatch, Mismatch::unknown);
  EXPECT_THAT(names(verdict), ElementsAre("geoip_contradicted"));
}

TEST(Judge, DoubtsWhenSourcesOrCoordinatesDispute) {
  SessionRecord record = session("CN", 62'000);
  record.geo.second_country = *CountryCode::parse("JP");
  EXPECT_EQ(judged(matched(record)).mismatch, Mismatch::doubtful);
  record.geo.second_country = *CountryCode::parse("RU");
  EXPECT_EQ(judged(matched(record)).mismatch, Mismatch::contradicted);

  SessionRecord moscow = session("RU", 35'000);
  moscow.client.geo.latitude = 55.7558;
  moscow.client.geo.longitude = 37.6173;
  moscow.geo.accuracy_radius_km = 20;
  const Verdict verdict = judged(matched(moscow));
  EXPECT_EQ(verdict.mismatch, Mismatch::doubtful);
  EXPECT_THAT(names(verdict), ElementsAre("foreign_direct"));

  SessionRecord home = session("JP", 5'000);
  home.geo.second_country = *CountryCode::parse("US");
  EXPECT_EQ(judged(matched(home)).mismatch, Mismatch::unknown);
  EXPECT_THAT(names(judged(matched(home))), ElementsAre("insufficient"));
}

TEST(Judge, LetsPeopleTravel) {
  Observation seen = matched(session("VN", 80'000));
  seen.claim.travel = Travel{*CountryCode::parse("VN"), seen.claim.time};
  const Verdict verdict = judged(seen);
  EXPECT_EQ(verdict.mismatch, Mismatch::fits);
  EXPECT_THAT(names(verdict), ElementsAre("consistent"));
}

TEST(Judge, AccusesByTheAddressAndSaysThatTimingIsMissing) {
  SessionRecord record = session("CN", 62'000);
  record.path = Path::undeclared;
  const Verdict verdict = judged(matched(record));
  EXPECT_EQ(verdict.mismatch, Mismatch::contradicted);
  EXPECT_THAT(names(verdict), ElementsAre("foreign_direct", "insufficient"));
  EXPECT_THAT(verdict.missing,
              Contains("sekimori.timing.least_rtt_us: the sensor's path is not declared"));
  EXPECT_THAT(verdict.findings[1].evidence,
              Contains(Pair("sekimori.timing.unusable_reason", "\"path_undeclared\"")));
}

TEST(Judge, TakesTheAddressOfSeveralSessions) {
  Observation seen = matched(session("CN", 62'000));
  seen.outcome = JoinOutcome::ambiguous;
  seen.sessions.push_back(seen.sessions[0]);
  seen.sessions[1].id.bytes[15] = 2;
  const Verdict verdict = judged(seen);
  EXPECT_EQ(verdict.mismatch, Mismatch::contradicted);
  EXPECT_THAT(names(verdict), ElementsAre("foreign_direct", "insufficient", "insufficient"));
  EXPECT_EQ(verdict.events.size(), 2U);
  ASSERT_TRUE(verdict.connection);
  EXPECT_TRUE(verdict.connection->tls.ja4.empty());
}

TEST(Judge, SaysNothingOfAClaimWithoutASession) {
  for (const JoinOutcome outcome : {JoinOutcome::no_evidence, JoinOutcome::late}) {
    const Verdict verdict = judged({claim(), outcome, {}});
    EXPECT_EQ(verdict.mismatch, Mismatch::unknown);
    EXPECT_THAT(names(verdict), ElementsAre("insufficient"));
    EXPECT_FALSE(verdict.connection);
    ASSERT_EQ(verdict.missing.size(), 1U);
    EXPECT_THAT(verdict.missing[0],
                HasSubstr(outcome == JoinOutcome::late ? "forgotten" : "no session"));
  }
}

TEST(Judge, JudgesAClaimWithoutPacketsByItsAddress) {
  JudgeSettings settings = tokyo();
  settings.enrich = [](SessionRecord& record) {
    record.client.geo.country = *CountryCode::parse("RU");
    record.geo.database_type.assign("Example-Country");
  };
  const Verdict verdict = judged({claim(), JoinOutcome::claims_only, {}}, settings);
  EXPECT_EQ(verdict.mismatch, Mismatch::contradicted);
  EXPECT_THAT(names(verdict), ElementsAre("foreign_direct", "insufficient"));
  EXPECT_THAT(verdict.findings[1].evidence, Contains(Pair("sekimori.place.basis", "\"address\"")));
}

TEST(Judge, ReportsAndDoesNotScoreWhatRunsInShadow) {
  const std::string folder = ::testing::TempDir() + "shadow_pack";
  std::filesystem::create_directories(folder);
  for (const std::string_view status : {"experimental", "test"}) {
    std::ofstream{folder + "/a.yml"}
        << "title: t\nid: 0f8fad5b-d9cb-469f-a165-70867728950e\nstatus: " << status
        << "\nlevel: high\nlogsource: {product: sekimori, category: claim}\n"
           "detection: {s: {claim.country: JP}, condition: s}\n"
           "sekimori: {finding: anonymizer, mismatch: contradicted}\n";
    auto pack = load_pack(folder, {sensor_fields(), claim_fields()}, {});
    ASSERT_TRUE(pack) << pack.error().front().text();
    Judge judge{std::make_shared<const RulePack>(std::move(*pack)), tokyo()};
    const Verdict verdict = judge.judge(matched(session("JP", 5'000)));
    const bool shadow = status == "experimental";
    ASSERT_EQ(verdict.findings.size(), 1U);
    EXPECT_EQ(verdict.findings[0].shadow, shadow);
    EXPECT_EQ(verdict.mismatch, shadow ? Mismatch::unknown : Mismatch::contradicted);
    EXPECT_EQ(judge.counters().matched(0), 1U);
  }
  std::filesystem::remove_all(folder);
}

Observation claimed(std::string id, int minutes, SessionRecord record,
                    std::string event = "login") {
  Observation seen = matched(std::move(record));
  seen.claim.id = std::move(id);
  seen.claim.time += std::chrono::minutes{minutes};
  seen.claim.received = seen.claim.time;
  seen.claim.event = std::move(event);
  return seen;
}

TEST(Judge, SaysWhatOneClaimAloneCannot) {
  Judge judge{shipped_pack(), tokyo()};
  EXPECT_THAT(names(judge.judge(claimed("a", 0, session("JP", 5'000)))), ElementsAre("consistent"));
  const Observation second = claimed("b", 20, session("VN", 80'000));
  const Verdict verdict = judge.judge(second);
  EXPECT_THAT(names(verdict), ElementsAre("foreign_direct", "many_places"));
  const Finding& finding = verdict.findings[1];
  EXPECT_EQ(finding.rule_title, "One account from several countries within an hour");
  EXPECT_FALSE(finding.shadow);
  EXPECT_THAT(
      finding.evidence,
      ElementsAre(Pair("claim.account", "\"w-1041\""), Pair("sekimori.correlation.count", "2"),
                  Pair("sekimori.correlation.first", "\"2024-03-26T01:02:03.000000Z\""),
                  Pair("sekimori.correlation.last", "\"2024-03-26T01:22:03.000000Z\""),
                  Pair("sekimori.correlation.events", "[\"a\",\"b\"]")));
  EXPECT_THAT(finding.thresholds, ElementsAre(Pair("timespan_s", 3600), Pair("gte", 2)));
  // The same claim judged again says the same, and a mended answer takes the place of the first.
  EXPECT_THAT(names(judge.judge(second)), ElementsAre("foreign_direct", "many_places"));
  EXPECT_THAT(names(judge.judge(claimed("b", 20, session("JP", 5'000)))),
              ElementsAre("consistent"));
  // Physics took a listing away, so it is no second country.
  EXPECT_THAT(names(judge.judge(claimed("c", 21, session("RU", 3'000)))),
              ElementsAre("geoip_contradicted"));
}

TEST(Judge, RemembersFromARegistrationToTheWork) {
  Judge judge{shipped_pack(), tokyo()};
  judge.judge(claimed("a", 0, session("JP", 5'000), "registration"));
  const int week = 7 * 24 * 60;
  EXPECT_THAT(names(judge.judge(claimed("b", week, session("VN", 80'000)))),
              ElementsAre("foreign_direct", "many_places"));
  EXPECT_THAT(names(judge.judge(claimed("c", 6 * week, session("VN", 80'000)))),
              ElementsAre("foreign_direct"));
}

// A session of remote control, and a login from its address: in shadow, so reported and marked.
TEST(Judge, CountsWhatTheSensorsRulesFound) {
  Judge judge{shipped_pack(), tokyo()};
  SessionRecord control = session("JP", 5'000);
  control.id.bytes[15] = 7;
  const auto rules = judge.pack().rules();
  const auto named = std::find_if(rules.begin(), rules.end(), [](const CompiledRule& rule) {
    return rule.facts().name == "remote_control_session";
  });
  ASSERT_NE(named, rules.end());
  SignatureMatch match;
  match.id.assign(named->facts().id);
  control.signatures.push_back(match);
  judge.on_session(control);
  const Verdict verdict = judge.judge(claimed("a", 30, session("JP", 5'000)));
  ASSERT_THAT(names(verdict), ElementsAre("consistent", "remote_controlled"));
  EXPECT_TRUE(verdict.findings[1].shadow);
  EXPECT_THAT(verdict.findings[1].evidence,
              Contains(Pair("sekimori.correlation.events",
                            "[\"" + std::string{control.id.text()} + "\",\"a\"]")));
}

TEST(Judge, AnotherPackGoesOnWithWhatWasCounted) {
  Judge before{shipped_pack(), tokyo()};
  before.judge(claimed("a", 0, session("JP", 5'000)));
  Judge after{shipped_pack(), tokyo()};
  after.inherit(before);
  EXPECT_THAT(names(after.judge(claimed("b", 20, session("VN", 80'000)))),
              ElementsAre("foreign_direct", "many_places"));
}

TEST(Judge, BelievesTheDprkOnlyInItsOwnBlock) {
  SessionRecord record = session("KP", 62'000);
  EXPECT_EQ(judged(matched(record)).mismatch, Mismatch::doubtful);
  record.client.ip = *IpAddress::parse("175.45.178.9");
  EXPECT_EQ(judged(matched(record)).mismatch, Mismatch::contradicted);
}

TEST(Judge, ShowsNumbersThresholdsAndVersions) {
  const Verdict verdict = judged(matched(session("CN", 62'000)));
  ASSERT_EQ(verdict.findings.size(), 1U);
  const Finding& finding = verdict.findings[0];
  // 62 ms x 206 km/ms / 2.
  EXPECT_THAT(finding.evidence, AllOf(Contains(Pair("client.geo.country_iso_code", "\"CN\"")),
                                      Contains(Pair("sekimori.timing.least_rtt_us", "62000")),
                                      Contains(Pair("sekimori.place.reach_km", "6386")),
                                      Contains(Pair("sekimori.place.nearest_km", "1090"))));
  EXPECT_THAT(finding.thresholds, ElementsAre(Pair("light_km_per_ms", 206), Pair("margin_km", 50)));
  EXPECT_EQ(verdict.versions.program, SEKIMORI_VERSION);
  EXPECT_EQ(verdict.versions.pack.size(), 64U);
  EXPECT_THAT(verdict.versions.databases,
              ElementsAre(Pair("Example-Country", "2024-03-25T00:00:00.000000Z")));
  EXPECT_THAT(verdict.missing,
              ElementsAre("sekimori.place.second_agrees: no second database lists the address"));
}

}  // namespace
}  // namespace sekimori
