#include "collector/judge/verdict_words.h"

#include <gtest/gtest.h>

#include "collector/judge/judge.h"
#include "tests/unit/collector/judge/sample.h"

namespace sekimori {
namespace {

Verdict judged(const Observation& observation) {
  static const auto pack = [] {
    const auto regions = load_placeholders("config/regions.yaml");
    return std::make_shared<const RulePack>(
        *load_pack("signatures", {sensor_fields(), claim_fields()}, *regions));
  }();
  return Judge{pack, tokyo()}.judge(observation);
}

TEST(VerdictWords, TellAPersonWhatSaysSo) {
  struct Case {
    void (*change)(Observation& seen, SessionRecord& session);
    std::string_view listed;
    std::uint32_t rtt_us;
    std::string_view claimed, origin, sureness, reason;
  };
  const auto nothing = [](Observation&, SessionRecord&) {};
  const Case cases[] = {
      {nothing, "JP", 5'000, "JP", "JP, Example Net, 203.0.113.9", "fits",
       "consistent: address listed in JP"},
      {nothing, "CN", 62'000, "JP", "CN, Example Net, 203.0.113.9", "contradicted (high)",
       "foreign_direct: address listed in CN; 62.0 ms round trip allows 6386 km, CN begins at "
       "1090 km"},
      {nothing, "RU", 3'000, "JP", "RU, Example Net, 203.0.113.9", "unknown",
       "geoip_contradicted: address listed in RU, but 3.0 ms round trip allows 309 km, RU begins "
       "at 948 km: the listing is wrong"},
      {nothing, "", 3'000, "JP", "country unknown, Example Net, 203.0.113.9", "unknown",
       "insufficient: no database lists the address"},
      {[](Observation& seen, SessionRecord&) {
         seen.claim.travel = Travel{*CountryCode::parse("VN"), seen.claim.time};
       },
       "VN", 80'000, "JP, in VN", "VN, Example Net, 203.0.113.9", "fits",
       "consistent: address listed in VN, where the person travels"},
      {[](Observation&, SessionRecord& record) { record.path = Path::l4; }, "CN", 62'000, "JP",
       "CN, Example Net, 203.0.113.9", "contradicted (high)",
       "foreign_direct: address listed in CN; timing says nothing: a load balancer ends TCP before "
       "the sensor; also insufficient"},
      {[](Observation&, SessionRecord& record) {
         record.geo.second_country = *CountryCode::parse("JP");
       },
       "CN", 62'000, "JP", "CN, Example Net, 203.0.113.9", "doubtful (low)",
       "foreign_direct: address listed in CN; 62.0 ms round trip allows 6386 km, CN begins at "
       "1090 km; a second database lists it in JP"},
      {[](Observation&, SessionRecord& record) {
         record.geo.second_country = *CountryCode::parse("US");
       },
       "JP", 5'000, "JP", "JP, Example Net, 203.0.113.9", "unknown",
       "insufficient: address listed in JP; a second database lists it in US"},
      {[](Observation&, SessionRecord& record) {
         record.client.geo.city.assign("Moscow");
         record.client.geo.latitude = 55.7558;
         record.client.geo.longitude = 37.6173;
         record.geo.accuracy_radius_km = 20;
         record.client.as.organization.clear();
       },
       "RU", 35'000, "JP", "RU Moscow, AS64500, 203.0.113.9", "doubtful (low)",
       "foreign_direct: address listed in RU; 35.0 ms round trip allows 3605 km, RU begins at "
       "948 km; its listed coordinates, 7483 km away, are out of reach"},
  };
  for (const Case& row : cases) {
    Observation seen = matched(session(row.listed, row.rtt_us));
    row.change(seen, seen.sessions[0]);
    const Verdict verdict = judged(seen);
    EXPECT_EQ(claimed_words(verdict), row.claimed);
    EXPECT_EQ(origin_words(verdict), row.origin);
    EXPECT_EQ(sureness_words(verdict), row.sureness);
    EXPECT_EQ(reason_words(verdict), row.reason);
  }
}

TEST(VerdictWords, SayHowTheClaimWasJoined) {
  Observation seen = matched(session("CN", 62'000));
  seen.outcome = JoinOutcome::ambiguous;
  seen.sessions.push_back(seen.sessions[0]);
  EXPECT_EQ(origin_words(judged(seen)), "CN, Example Net, 203.0.113.9 (2 sessions)");
  EXPECT_EQ(
      reason_words(judged(seen)),
      "foreign_direct: address listed in CN; timing says nothing: several sessions fit, so no "
      "timing belongs to the claim; also insufficient");
  EXPECT_EQ(origin_words(judged({claim(), JoinOutcome::claims_only, {}})),
            "country unknown, 203.0.113.9 (as claimed)");
  EXPECT_EQ(origin_words(judged({claim(), JoinOutcome::late, {}})),
            "sessions forgotten, 203.0.113.9");
  EXPECT_EQ(reason_words(judged({claim(), JoinOutcome::no_evidence, {}})),
            "insufficient: no session of that time fits");
  EXPECT_EQ(reason_words(Verdict{}), "no rule says anything");
}

}  // namespace
}  // namespace sekimori
