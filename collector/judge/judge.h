#pragma once

#include <memory>
#include <optional>

#include "collector/join/observation.h"
#include "collector/judge/features.h"
#include "collector/judge/verdict.h"
#include "core/rules/correlator.h"
#include "core/rules/rule_matcher.h"

namespace sekimori {

// Turns an observation into a verdict: features in C++ (features.h), judgement by the pack's rules
// of category claim, and by its correlations, which remember what was judged before. Same pack,
// settings and observations in the same order, same verdicts. One for each thread.
class Judge {
 public:
  // Load the pack with PackSchemas{sensor_fields(), claim_fields()}.
  Judge(std::shared_ptr<const RulePack> pack, JudgeSettings settings);

  // A claim that was judged before takes its own place among the events of correlations.
  Verdict judge(const Observation& observation);
  // Counts the rules that matched in the sensor; of one session the record told last.
  void on_session(const SessionRecord& record);
  // Counts again, for the correlations alone, what was judged before a restart.
  void recall(const Observation& observation);
  // Goes on with what `before` remembers, as far as the same rules remember it. Of no more use is
  // `before`.
  void inherit(Judge& before);

  const RulePack& pack() const noexcept { return matcher_.pack(); }
  const RuleCounters& counters() const noexcept { return matcher_.counters(); }
  const Correlator& correlator() const noexcept { return *correlator_; }

 private:
  RuleMatcher matcher_;
  std::unique_ptr<Correlator> correlator_;  // never null
  std::optional<RuleMatcher> recalling_;    // while there is something to recall: counts apart
  JudgeSettings settings_;
};

}  // namespace sekimori
