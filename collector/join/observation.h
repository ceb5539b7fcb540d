#pragma once

#include <cstdint>
#include <vector>

#include "collector/receive/claim.h"
#include "core/record/session_record.h"

namespace sekimori {

// Every claim ends in exactly one of these (DESIGN.md, section 6).
enum class JoinOutcome : std::uint8_t {
  matched,      // one session fits
  ambiguous,    // several sessions fit
  no_evidence,  // that time is still remembered and nothing fits
  late,         // that time is already forgotten
  claims_only,  // no packets of this client can be had (path l7)
};

// A claim with its session, or the reason why there is none.
struct Observation {
  Claim claim;
  JoinOutcome outcome = JoinOutcome::no_evidence;
  // matched: the one session; ambiguous: the candidates, ordered by event id and capped by the
  // joiner; else empty. An end record where it is known, else the start record.
  std::vector<SessionRecord> sessions;
};

}  // namespace sekimori
