#pragma once

#include <span>

#include "core/health/exposition.h"
#include "core/rules/rule_tally.h"

namespace sekimori {

// Most series of one family over rules: a pack of ten thousand rules would choke whoever scrapes.
inline constexpr std::size_t kMostRuleSeries = 2000;

// Which rules matched and which stayed undecided for want of which field.
void write_rule_metrics(Exposition& out, std::span<const RuleTotals> rules);

}  // namespace sekimori
