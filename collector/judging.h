#pragma once

#include <memory>
#include <string>
#include <vector>

#include "collector/config.h"
#include "collector/judge/judge.h"
#include "collector/pipeline.h"
#include "core/geo/country_distance.h"
#include "core/geo/geo_sources.h"
#include "core/rules/rule_tally.h"
#include "core/text/complaint.h"

namespace sekimori {

// Databases, distances and rules as the configuration names them, opened and checked: what the
// service and a replay judge with. Replaced whole when the operator reloads.
class Judging {
 public:
  static LoadedAll<std::unique_ptr<Judging>> open(const JudgingConfig& config);

  // Fills in what a sensor without databases left out.
  void enrich(SessionRecord& record) const noexcept;
  Verdict judge(const Observation& observation) { return judge_->judge(observation); }
  // For the correlations that count sessions; after enrich().
  void on_session(const SessionRecord& record) { judge_->on_session(record); }
  // Counts again what was judged before a restart; how far back it matters, zero: not at all.
  void recall(const Observation& observation) { judge_->recall(observation); }
  std::chrono::nanoseconds claim_memory() const { return judge_->correlator().claim_memory(); }
  // Goes on with what the correlations of `before` remember.
  void inherit(Judging& before) { judge_->inherit(*before.judge_); }

  const std::string& pack_hash() const noexcept { return judge_->pack().hash(); }
  // What the rules of category claim have answered since they were loaded, and then the
  // correlations: as long as what they have counted is kept.
  std::vector<RuleTotals> rule_totals() const;
  CorrelationTotals correlation_totals() const { return judge_->correlator().totals(); }
  // "12 rules (pack 0123456789ab), 2 databases", for people.
  std::string description() const;
  // "5 events counted by correlations, ...", of all of them; empty where there are none.
  std::string correlations_description() const;

 private:
  Judging() = default;
  JudgeSettings judge_settings(const JudgingConfig& config) const;

  std::shared_ptr<const GeoSources> sources_;          // null: no databases
  std::shared_ptr<const CountryDistances> distances_;  // null: no shapes
  std::unique_ptr<Judge> judge_;
};

}  // namespace sekimori
