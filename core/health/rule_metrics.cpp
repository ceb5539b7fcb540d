#include "core/health/rule_metrics.h"

namespace sekimori {

void write_rule_metrics(Exposition& out, std::span<const RuleTotals> rules) {
  std::size_t left_out = 0;
  std::size_t series = 0;
  const auto has_room = [&] {
    if (series++ < kMostRuleSeries) return true;
    ++left_out;
    return false;
  };
  out.family(MetricType::counter, "rule_matches_total",
             "Matches of a rule since its pack is in force; rules without any are left out.");
  for (const RuleTotals& rule : rules) {
    if (rule.matched > 0 && has_room()) out.sample(rule.matched, {{"rule", rule.id}});
  }
  series = 0;
  out.family(MetricType::counter, "rule_undecided_total",
             "How often a rule could not be decided for want of a field, since its pack is in "
             "force.");
  for (const RuleTotals& rule : rules) {
    for (const RuleTotals::Undecided& one : rule.undecided) {
      if (has_room()) out.sample(one.count, {{"rule", rule.id}, {"field", one.field}});
    }
  }
  out.gauge("rule_series_left_out", "Series over rules that are not shown, for want of room.",
            std::uint64_t{left_out});
}

}  // namespace sekimori
