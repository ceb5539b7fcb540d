#pragma once

#include "collector/judge/verdict.h"
#include "core/rules/correlator.h"

namespace sekimori {

// What a correlation that holds says in the verdict of the claim after which it does: its group,
// how many, from when to when, and the ids of the newest events, so that a person can look at them.
Finding correlation_finding(const Correlation& correlation, const CorrelationStep& step);

// The same for a person: "Title (claim.account w-1041): 4 within 1 h, 01:02:03 to 01:40:00"; empty
// where `finding` is of no correlation.
std::string correlation_words(const Finding& finding);

}  // namespace sekimori
