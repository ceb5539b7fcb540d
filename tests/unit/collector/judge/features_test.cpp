#include "collector/judge/features.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

#include "tests/unit/collector/judge/sample.h"

namespace sekimori {
namespace {

TEST(ClaimFeatures, ComparesTheCountryWithClaimAndTravel) {
  struct Case {
    std::string_view listed;
    bool travels_to_vietnam;
    std::optional<bool> agrees;
    std::string_view agrees_with;
  };
  const Case cases[] = {{"JP", false, true, "claim"},    {"CN", false, false, "neither"},
                        {"VN", false, false, "neither"}, {"VN", true, true, "travel"},
                        {"CN", true, false, "neither"},  {"JP", true, true, "claim"},
                        {"", true, std::nullopt, ""}};
  for (const Case& row : cases) {
    SCOPED_TRACE(row.listed);
    Observation seen = matched(session(row.listed, 20'000));
    if (row.travels_to_vietnam) {
      seen.claim.travel = Travel{*CountryCode::parse("VN"), seen.claim.time};
    }
    const ClaimFeatures features = claim_features(seen, tokyo());
    EXPECT_EQ(features.agrees, row.agrees);
    EXPECT_EQ(features.agrees_with, row.agrees_with);
    EXPECT_EQ(features.travelling, row.travels_to_vietnam);
  }
}

TEST(ClaimFeatures, ForgetsATravelClaimThatIsOver) {
  Observation seen = matched(session("VN", 80'000));
  seen.claim.travel = Travel{*CountryCode::parse("VN"), seen.claim.time - std::chrono::seconds{1}};
  EXPECT_EQ(claim_features(seen, tokyo()).agrees, false);
}

// Distances from Tokyo and floors at 206 km/ms: reference table of the speed-of-light bound, where
// the nearest point of China lies at 1,090 km (10.6 ms) and of Russia at 948 km (9.2 ms). With the
// margin of 50 km the round trip must be shorter than 10.1 and 8.7 ms.
TEST(ClaimFeatures, AsksWhatLightAllows) {
  struct Case {
    std::string_view country;
    std::uint32_t rtt_us;
    Physics expected;
  };
  const Case cases[] = {{"CN", 10'000, Physics::impossible}, {"CN", 10'200, Physics::possible},
                        {"RU", 8'600, Physics::impossible},  {"RU", 8'800, Physics::possible},
                        {"JP", 1, Physics::possible},        {"VN", 62'000, Physics::possible}};
  for (const Case& row : cases) {
    const ClaimFeatures features =
        claim_features(matched(session(row.country, row.rtt_us)), tokyo());
    EXPECT_EQ(features.physics, row.expected) << row.country << " " << row.rtt_us;
    EXPECT_EQ(features.untested_reason, "");
  }
}

TEST(ClaimFeatures, GivesSatellitesTheVacuum) {
  SessionRecord record = session("RU", 7'000);
  EXPECT_EQ(claim_features(matched(record), tokyo()).physics, Physics::impossible);
  record.client.as.number = 14593;  // Starlink: 7 ms at 300 km/ms are 1,050 km
  EXPECT_EQ(claim_features(matched(record), tokyo()).physics, Physics::possible);
}

TEST(ClaimFeatures, TakesTheLeastHandshakeSampleAndNoOther) {
  SessionRecord record = session("CN", 40'000);
  record.timing.tls_gap_us = 9'000;
  record.timing.retry_gap_us = 30'000;
  record.timing.ack_rtt_us = 1;  // a far end can acknowledge early
  record.timing.turnaround_us = 1;
  record.timing.server_rtt_us = 1;
  record.timing.hello_delay_us = 1;
  const ClaimFeatures features = claim_features(matched(record), tokyo());
  EXPECT_EQ(features.rtt_us, 9'000U);
  EXPECT_EQ(features.rtt_sample, "sekimori.timing.tls_gap_us");
  EXPECT_EQ(features.physics, Physics::impossible);
}

// Listed in Moscow, 7,483 km from Tokyo: light needs 72.7 ms there and back.
TEST(ClaimFeatures, TestsTheCoordinatesApartFromTheCountry) {
  SessionRecord record = session("RU", 60'000);
  record.client.geo.latitude = 55.7558;
  record.client.geo.longitude = 37.6173;
  record.geo.accuracy_radius_km = 20;
  ClaimFeatures features = claim_features(matched(record), tokyo());
  EXPECT_EQ(features.physics, Physics::possible);
  EXPECT_EQ(features.point, Physics::impossible);
  EXPECT_NEAR(*features.point_km, 7483, 30);

  record.geo.accuracy_radius_km = 1000;
  EXPECT_EQ(claim_features(matched(record), tokyo()).point, Physics::possible);
  record.geo.accuracy_radius_km.reset();
  EXPECT_EQ(claim_features(matched(record), tokyo()).point, Physics::untested);
}

TEST(ClaimFeatures, SaysWhyTimingIsNotUsed) {
  struct Case {
    std::string_view reason;
    void (*change)(Observation&);
  };
  const Case cases[] = {
      {"path_undeclared", [](Observation& o) { o.sessions[0].path = Path::undeclared; }},
      {"path_l4", [](Observation& o) { o.sessions[0].path = Path::l4; }},
      {"path_l7", [](Observation& o) { o.sessions[0].path = Path::l7; }},
      {"loss_window", [](Observation& o) { o.sessions[0].loss.window = true; }},
      {"no_sample", [](Observation& o) { o.sessions[0].timing = {}; }},
      {"several_sessions",
       [](Observation& o) {
         o.outcome = JoinOutcome::ambiguous;
         o.sessions[0].timing.client_rtt_us = 60'000;
         o.sessions.push_back(o.sessions[0]);
       }},
      {"no_session",
       [](Observation& o) {
         o.outcome = JoinOutcome::late;
         o.sessions.clear();
       }},
      {"no_packets",
       [](Observation& o) {
         o.outcome = JoinOutcome::claims_only;
         o.sessions.clear();
       }},
  };
  for (const Case& row : cases) {
    Observation seen = matched(session("CN", 3'000));
    row.change(seen);
    const ClaimFeatures features = claim_features(seen, tokyo());
    EXPECT_FALSE(features.timing_usable) << row.reason;
    EXPECT_EQ(features.timing_reason, row.reason);
    EXPECT_EQ(features.physics, Physics::untested);
    EXPECT_EQ(features.untested_reason, row.reason);
    EXPECT_FALSE(features.rtt_us);
  }
}

TEST(ClaimFeatures, SaysWhyPhysicsIsUntested) {
  JudgeSettings settings = tokyo();
  EXPECT_EQ(claim_features(matched(session("", 3'000)), settings).untested_reason, "no_country");
  EXPECT_EQ(claim_features(matched(session("XK", 3'000)), settings).untested_reason, "no_distance");
  settings.site.reset();
  EXPECT_EQ(claim_features(matched(session("CN", 3'000)), settings).untested_reason, "no_site");
  settings.sites["edge-1"] = kTokyo;
  EXPECT_EQ(claim_features(matched(session("CN", 3'000)), settings).physics, Physics::impossible);
}

TEST(ClaimFeatures, KeepsOnlyTheAddressOfSeveralSessions) {
  Observation seen = matched(session("CN", 3'000));
  seen.outcome = JoinOutcome::ambiguous;
  seen.sessions.push_back(seen.sessions[0]);
  const ClaimFeatures features = claim_features(seen, tokyo());
  EXPECT_EQ(features.basis, Basis::address);
  EXPECT_EQ(features.agrees, false);
  const FieldReader reader = claim_reader(features);
  FieldScratch scratch;
  const auto value = [&](std::string_view name) {
    return reader(*find_field(claim_fields(), name), scratch);
  };
  EXPECT_EQ(std::get<std::string_view>(value("client.geo.country_iso_code")), "CN");
  EXPECT_EQ(std::get<IpAddress>(value("client.ip")), seen.claim.ip);
  for (const std::string_view name : {"event.id", "event.start", "tls.client.ja4", "sekimori.path",
                                      "client.port", "sekimori.timing.client_rtt_us"}) {
    EXPECT_TRUE(std::holds_alternative<std::monostate>(value(name))) << name;
  }

  seen.sessions[1].client.ip = *IpAddress::parse("198.51.100.7");
  EXPECT_EQ(claim_features(seen, tokyo()).basis, Basis::none);
}

// An address is in one place: 3 ms from Tokyo refute its listing in China (10.6 ms, see above) for
// every session that came from it.
TEST(ClaimFeatures, LetsOneOfSeveralSessionsRefuteTheListing) {
  Observation seen = matched(session("CN", 60'000));
  seen.outcome = JoinOutcome::ambiguous;
  seen.sessions.push_back(session("CN", 3'000));
  const ClaimFeatures features = claim_features(seen, tokyo());
  EXPECT_EQ(features.basis, Basis::address);
  EXPECT_EQ(features.physics, Physics::impossible);
  EXPECT_EQ(features.rtt_us, 3'000U);
  EXPECT_TRUE(features.timing_usable);
  EXPECT_EQ(features.untested_reason, "");

  seen.sessions[1].path = Path::l4;  // a load balancer answered: nothing was measured
  EXPECT_EQ(claim_features(seen, tokyo()).physics, Physics::untested);
  seen.sessions[1] = session("CN", 3'000);
  seen.sessions[1].client.ip = *IpAddress::parse("198.51.100.7");
  EXPECT_EQ(claim_features(seen, tokyo()).physics, Physics::untested);
}

TEST(ClaimFeatures, AsksTheDatabasesWhereNoPacketsAre) {
  Observation seen{claim(), JoinOutcome::claims_only, {}};
  JudgeSettings settings = tokyo();
  EXPECT_EQ(claim_features(seen, settings).agrees, std::nullopt);
  settings.enrich = [](SessionRecord& record) {
    if (record.client.ip == claim().ip) record.client.geo.country = *CountryCode::parse("VN");
  };
  const ClaimFeatures features = claim_features(seen, settings);
  EXPECT_EQ(features.basis, Basis::address);
  EXPECT_EQ(features.agrees, false);
}

TEST(ClaimFields, AreTheSessionsThenOurs) {
  const auto fields = claim_fields();
  const auto session_names = session_fields();
  ASSERT_GT(fields.size(), session_names.size());
  for (std::size_t at = 0; at < session_names.size(); ++at) {
    EXPECT_EQ(fields[at].name, session_names[at].name);
  }
  // Every value has the type its schema says.
  Observation seen = matched(session("VN", 80'000));
  seen.claim.travel = Travel{*CountryCode::parse("VN"), seen.claim.time};
  seen.sessions[0].geo.second_country = *CountryCode::parse("JP");
  const ClaimFeatures features = claim_features(seen, tokyo());
  const FieldReader reader = claim_reader(features);
  constexpr std::size_t kIndexOfType[] = {1, 2, 3, 4, 5, 6, 7, 8};
  for (std::size_t at = 0; at < fields.size(); ++at) {
    FieldScratch scratch;
    const FieldValue value = reader(static_cast<FieldId>(at), scratch);
    if (std::holds_alternative<std::monostate>(value)) continue;
    EXPECT_EQ(value.index(), kIndexOfType[static_cast<std::size_t>(fields[at].type)])
        << fields[at].name;
  }
}

// signatures/README.md explains each of our fields, with its type, and no other (those of the
// session stand under a heading of their own).
TEST(ClaimFields, AreExplained) {
  constexpr std::string_view kTypes[] = {"text", "integer", "real", "boolean", "IP", "moment"};
  std::set<std::string> wanted;
  for (const FieldSpec& spec : claim_fields().subspan(session_fields().size())) {
    wanted.insert("| `" + std::string{spec.name} + "` | " +
                  std::string{kTypes[static_cast<std::size_t>(spec.type)]} + " |");
  }
  std::set<std::string> explained;
  std::ifstream page{"signatures/README.md"};
  bool of_claim = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) of_claim = line == "## Fields of a claim";
    if (!of_claim) continue;
    const bool row = line.starts_with("| `claim.") || line.starts_with("| `sekimori.");
    const std::size_t type_end = line.find(" |", line.find(" | ") + 3);
    if (row) explained.insert(line.substr(0, type_end + 2));
  }
  EXPECT_EQ(explained, wanted);
}

}  // namespace
}  // namespace sekimori
