#pragma once

#include <memory>

#include "collector/join/observation.h"
#include "collector/judge/features.h"
#include "collector/judge/verdict.h"
#include "core/rules/rule_matcher.h"

namespace sekimori {

// Turns an observation into a verdict: features in C++ (features.h), judgement by the pack's rules
// of category claim. Same pack, settings and observation, same verdict. One for each thread.
class Judge {
 public:
  // Load the pack with PackSchemas{sensor_fields(), claim_fields()}.
  Judge(std::shared_ptr<const RulePack> pack, JudgeSettings settings);

  Verdict judge(const Observation& observation);

  const RulePack& pack() const noexcept { return matcher_.pack(); }
  const RuleCounters& counters() const noexcept { return matcher_.counters(); }

 private:
  RuleMatcher matcher_;
  JudgeSettings settings_;
};

}  // namespace sekimori
