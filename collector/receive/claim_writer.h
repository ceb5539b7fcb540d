#pragma once

#include <string>

#include "collector/receive/claim.h"

namespace sekimori {

// A claim as one line of JSON without its end, as read_claim_json reads it: the names and nesting
// of DESIGN.md section 5, what was not said left out. Times carry microseconds.
std::string write_claim_json(const Claim& claim);

}  // namespace sekimori
