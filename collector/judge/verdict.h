#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collector/join/observation.h"

namespace sekimori {

// A fact about one claim (DESIGN.md, section 6).
enum class Mismatch : std::uint8_t { unknown, fits, doubtful, contradicted };

// A statement that holds for an observation, with what it rests on.
struct Finding {
  std::string name;      // consistent, foreign_direct, geoip_contradicted, insufficient, ...
  std::string strength;  // the rule's Sigma level: informational, low, medium, high, critical
  std::string rule_id;
  std::string rule_title;
  bool shadow = false;  // of an experimental rule: reported, never scored
  std::vector<std::pair<std::string, std::string>> evidence;  // field, value as JSON shows it
  std::vector<std::pair<std::string, double>> thresholds;     // name with unit, value
};

struct Versions {
  std::string program;
  std::string pack;                                            // hash of the rule pack
  std::vector<std::pair<std::string, std::string>> databases;  // type, build time
};

// The verdict line of DESIGN.md section 6, without the case, which a later stage adds.
struct Verdict {
  Claim claim;
  JoinOutcome outcome = JoinOutcome::no_evidence;
  std::vector<EventId> events;
  Mismatch mismatch = Mismatch::unknown;
  std::vector<Finding> findings;     // ordered by name, then rule id
  std::vector<std::string> missing;  // fields or facts that were wanted and absent, with the reason
  std::optional<SessionRecord> connection;
  Versions versions;
};

}  // namespace sekimori
