#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "collector/join/observation.h"
#include "collector/judge/verdict.h"
#include "core/geo/distance.h"
#include "core/net/country.h"
#include "core/record/field.h"
#include "core/record/session_record.h"
#include "core/rules/pack.h"

namespace sekimori {

struct JudgeSettings {
  // Where each sensor stands, by observer.name; `site` is for those not named. Without a place
  // nothing is said to be impossible.
  std::map<std::string, Site, std::less<>> sites;
  std::optional<Site> site;
  // Kilometres from a site to the nearest point of a country; nothing for a country not listed.
  std::function<std::optional<double>(CountryCode country, const Site& site)> nearest_km;
  // Fills in what the databases know of a record's client address: for claims without packets. May
  // be empty.
  std::function<void(SessionRecord& record)> enrich;
};

// Turns an observation into a verdict: features in C++ (features.h), judgement by the pack's rules
// of category claim. Same pack, settings and observation, same verdict. One for each thread.
class Judge {
 public:
  // Load the pack with PackSchemas{session_fields(), claim_fields()}.
  Judge(std::shared_ptr<const RulePack> pack, JudgeSettings settings);

  Verdict judge(const Observation& observation);

  const RulePack& pack() const noexcept { return *pack_; }
  const RuleCounters& counters() const noexcept { return counters_; }

 private:
  std::shared_ptr<const RulePack> pack_;
  JudgeSettings settings_;
  RuleCounters counters_;
};

// The fields of rules of category claim: those of the matched session, of the claim, and the
// features of features.h. Index = FieldId.
std::span<const FieldSpec> claim_fields() noexcept;

}  // namespace sekimori
