#pragma once

#include <chrono>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/join/joiner.h"

// What tests of the joiner say of sessions and claims.
namespace sekimori {

inline Timestamp at(std::chrono::nanoseconds since) {
  return Timestamp{std::chrono::seconds{1711414800}} + since;
}

inline IpAddress ip(std::string_view text) {
  return *IpAddress::parse(text);
}

inline SessionRecord session(std::uint8_t id, std::chrono::nanoseconds start,
                             std::chrono::nanoseconds end, EventType type = EventType::end) {
  SessionRecord record;
  record.id.bytes[15] = id;
  record.type = type;
  record.start = at(start);
  record.end = at(end);
  record.protocol = 6;
  record.client.ip = ip("192.0.2.1");
  record.client.port = 50000;
  record.server.ip = ip("198.51.100.1");
  record.server.port = 443;
  return record;
}

inline Claim claim(std::string id, std::chrono::nanoseconds time,
                   std::optional<std::uint16_t> port = 50000) {
  Claim said;
  said.id = std::move(id);
  said.time = at(time);
  said.received = said.time;
  said.account = "a";
  said.country = *CountryCode::parse("JP");
  said.ip = ip("192.0.2.1");
  said.port = port;
  return said;
}

inline JoinSettings settings(AnswerPolicy answers) {
  JoinSettings chosen;
  chosen.answers = answers;
  return chosen;
}

inline std::vector<int> ids(const Observation& observation) {
  std::vector<int> found;
  for (const SessionRecord& record : observation.sessions) found.push_back(record.id.bytes[15]);
  return found;
}

inline std::uint64_t answered(const JoinCounters& counters) {
  return std::accumulate(counters.outcomes.begin(), counters.outcomes.end(), std::uint64_t{0});
}

}  // namespace sekimori
