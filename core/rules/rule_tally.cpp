#include "core/rules/rule_tally.h"

namespace sekimori {

std::vector<RuleTotals> rule_totals(const RulePack& pack, Category category,
                                    const std::vector<const RuleCounters*>& counters) {
  std::vector<RuleTotals> all;
  const std::span<const FieldSpec> schema = pack.schemas().of(category);
  for (const std::size_t rule : pack.of(category)) {
    const CompiledRule& compiled = pack.rules()[rule];
    RuleTotals totals;
    std::vector<std::uint64_t> undecided(compiled.asks().size(), 0);
    for (const RuleCounters* one : counters) {
      totals.matched += one->matched(rule);
      const std::vector<std::uint64_t> more = one->undecided(rule);
      for (std::size_t place = 0; place < more.size(); ++place) undecided[place] += more[place];
    }
    for (std::size_t place = 0; place < undecided.size(); ++place) {
      // Read between two steps of a count, a sum may be below zero for a moment.
      if (static_cast<std::int64_t>(undecided[place]) <= 0) continue;
      totals.undecided.push_back({schema[compiled.asks()[place]].name, undecided[place]});
    }
    if (totals.matched == 0 && totals.undecided.empty()) continue;
    totals.id = compiled.facts().id;
    totals.title = compiled.facts().title;
    all.push_back(std::move(totals));
  }
  return all;
}

void RuleTally::join(const RuleMatcher& matcher) {
  const std::lock_guard lock{mutex_};
  matchers_.push_back(&matcher);
}

void RuleTally::leave(const RuleMatcher& matcher) {
  const std::lock_guard lock{mutex_};
  std::erase(matchers_, &matcher);
}

std::vector<RuleTotals> RuleTally::totals(const RulePack& pack, Category category) const {
  const std::lock_guard lock{mutex_};
  std::vector<const RuleCounters*> counters;
  for (const RuleMatcher* matcher : matchers_) {
    if (&matcher->pack() == &pack) counters.push_back(&matcher->counters());
  }
  return rule_totals(pack, category, counters);
}

}  // namespace sekimori
