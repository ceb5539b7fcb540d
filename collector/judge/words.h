#pragma once

#include <string_view>

#include "collector/join/observation.h"
#include "collector/judge/verdict.h"

namespace sekimori {

// The words of DESIGN.md section 6, for rules, JSON and tables alike.
std::string_view word_of(JoinOutcome outcome) noexcept;
std::string_view word_of(Mismatch mismatch) noexcept;

}  // namespace sekimori
