#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/rules/rule_matcher.h"

namespace sekimori {

// What one rule has answered since its pack is in force.
struct RuleTotals {
  std::string id, title;
  std::uint64_t matched = 0;
  struct Undecided {
    std::string_view field;  // of the schema
    std::uint64_t count = 0;
  };
  std::vector<Undecided> undecided;  // for want of which field; none that is 0
};

// The rules of a category that have said something, in order of id.
std::vector<RuleTotals> rule_totals(const RulePack& pack, Category category,
                                    const std::vector<const RuleCounters*>& counters);

// The matchers of several threads, whose counters others want to read. A matcher joins when it is
// made and leaves before it goes; neither happens for a record.
class RuleTally {
 public:
  void join(const RuleMatcher& matcher);
  void leave(const RuleMatcher& matcher);

  // Sums over those that ask `pack`; after a reload the others follow with their next record.
  std::vector<RuleTotals> totals(const RulePack& pack, Category category) const;

 private:
  mutable std::mutex mutex_;
  std::vector<const RuleMatcher*> matchers_;
};

}  // namespace sekimori
