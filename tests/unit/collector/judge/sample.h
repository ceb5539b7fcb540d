#pragma once

#include <chrono>
#include <string_view>
#include <utility>

#include "collector/judge/features.h"

namespace sekimori {

inline constexpr Site kTokyo{35.6812, 139.7671};

// Kilometres from Tokyo to the nearest point, as far as these tests ask.
inline std::optional<double> nearest_to_tokyo(CountryCode country, const Site&) {
  constexpr std::pair<std::string_view, double> kTable[] = {
      {"JP", 0}, {"RU", 948}, {"CN", 1090}, {"KP", 1096}, {"VN", 3200}, {"US", 3900}};
  for (const auto& [code, km] : kTable) {
    if (country.text() == code) return km;
  }
  return std::nullopt;
}

inline JudgeSettings tokyo() {
  JudgeSettings settings;
  settings.site = kTokyo;
  settings.nearest_km = &nearest_to_tokyo;
  return settings;
}

// 2024-03-26T01:02:03Z by `date -u -d TEXT +%s`.
inline Claim claim() {
  Claim claim;
  claim.id = "c1";
  claim.time = Timestamp{std::chrono::seconds{1711414923}};
  claim.received = claim.time;
  claim.account = "w-1041";
  claim.country = *CountryCode::parse("JP");
  claim.ip = *IpAddress::parse("203.0.113.9");
  claim.port = 50123;
  return claim;
}

inline SessionRecord session(std::string_view country, std::uint32_t client_rtt_us) {
  SessionRecord record;
  record.id.bytes[15] = 1;
  record.start = Timestamp{std::chrono::seconds{1711414922}};
  record.end = Timestamp{std::chrono::seconds{1711414932}};
  record.observer.assign("edge-1");
  record.path = Path::direct;
  record.protocol = 6;
  record.client.ip = *IpAddress::parse("203.0.113.9");
  record.client.port = 50123;
  record.server.ip = *IpAddress::parse("192.0.2.80");
  record.server.port = 443;
  record.client.geo.country = CountryCode::parse(country).value_or(CountryCode{});
  record.client.as.number = 64500;
  record.client.as.organization.assign("Example Net");
  record.geo.database_type.assign("Example-Country");
  record.geo.database_built = Timestamp{std::chrono::seconds{1711324800}};
  record.tls.ja4.assign("t13d1516h2_8daaf6152771_02713d6af862");
  record.timing.client_rtt_us = client_rtt_us;
  return record;
}

inline Observation matched(SessionRecord record) {
  return {claim(), JoinOutcome::matched, {std::move(record)}};
}

}  // namespace sekimori
