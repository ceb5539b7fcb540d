#pragma once

#include <string>

#include "collector/judge/verdict.h"

namespace sekimori {

// What a person reads of a verdict, not yet fit for a terminal.
std::string claimed_words(const Verdict& verdict);   // "JP", "JP, in VN"
std::string origin_words(const Verdict& verdict);    // "CN Dandong, China Telecom, 203.0.113.9"
std::string sureness_words(const Verdict& verdict);  // "contradicted (high)"
// The finding that counts most with its numbers, and the names of the others.
std::string reason_words(const Verdict& verdict);

}  // namespace sekimori
