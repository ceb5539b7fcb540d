#include "collector/judge/judge.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "collector/judge/correlation_finding.h"
#include "collector/judge/json_value.h"

namespace sekimori {
namespace {

using namespace std::chrono_literals;

Mismatch mismatch_of(std::string_view word) noexcept {
  if (word == "contradicted") return Mismatch::contradicted;
  if (word == "doubtful") return Mismatch::doubtful;
  if (word == "fits") return Mismatch::fits;
  return Mismatch::unknown;
}

// The physical constants behind a finding that names them; two milliseconds there and back are one
// millisecond of way.
std::vector<std::pair<std::string, double>> thresholds_of(const ClaimFeatures& features) {
  return {{"light_km_per_ms", light_reach_km(2ms, features.medium)}, {"margin_km", kLightMarginKm}};
}

// What a rule asked for or names as worth showing, as far as it is known.
Finding finding_of(const CompiledRule& rule, const ClaimFeatures& features,
                   const FieldReader& reader) {
  const RuleFacts& facts = rule.facts();
  Finding finding{facts.finding, facts.level, facts.id, facts.title, facts.in_shadow(), {}, {}};
  const auto schema = claim_fields();
  std::vector<FieldId> shown{rule.asks().begin(), rule.asks().end()};
  for (const std::string& name : facts.fields) {
    if (const auto id = find_field(schema, name)) shown.push_back(*id);
  }
  std::sort(shown.begin(), shown.end());
  shown.erase(std::unique(shown.begin(), shown.end()), shown.end());
  bool rests_on_light = false;
  for (const FieldId id : shown) {
    FieldScratch scratch;
    const FieldValue value = reader(id, scratch);
    if (std::holds_alternative<std::monostate>(value)) continue;
    finding.evidence.emplace_back(schema[id].name, json_value(value));
    rests_on_light = rests_on_light || schema[id].name == "sekimori.place.reach_km";
  }
  if (rests_on_light) finding.thresholds = thresholds_of(features);
  return finding;
}

std::string timing_missing(std::string_view reason) {
  struct Words {
    std::string_view reason;
    std::string_view text;
  };
  constexpr std::array<Words, 8> kWords{
      {{"several_sessions", "several sessions fit, so no timing belongs to the claim"},
       {"no_packets", "no packets of this client can be had"},
       {"no_session", "no session fits the claim"},
       {"path_undeclared", "the sensor's path is not declared"},
       {"path_l4", "a load balancer ends TCP before the sensor"},
       {"path_l7", "a proxy ends TLS before the sensor"},
       {"loss_window", "the session lies in a loss window"},
       {"no_sample", "no handshake was timed"}}};
  for (const Words& one : kWords) {
    if (one.reason == reason) return std::string{one.text};
  }
  return std::string{reason};
}

// By field name: what was wanted, and why it is not there.
std::map<std::string, std::string> reasons_of(const ClaimFeatures& features) {
  std::map<std::string, std::string> reasons;
  if (features.basis == Basis::none) {
    reasons["sekimori.place.basis"] = features.outcome == JoinOutcome::late
                                          ? "the sessions of that time are already forgotten"
                                          : "no session of that time fits";
    return reasons;
  }
  if (!features.agrees) {
    reasons["client.geo.country_iso_code"] = "no database lists the address";
  }
  if (!features.timing_usable) {
    reasons["sekimori.timing.least_rtt_us"] = timing_missing(features.timing_reason);
  } else if (features.untested_reason == "no_site") {
    reasons["sekimori.place.reach_km"] = "the sensor's site is not configured";
  } else if (features.untested_reason == "no_distance") {
    reasons["sekimori.place.nearest_km"] = "the country is in no table of distances";
  }
  return reasons;
}

void name_databases(const SessionRecord& record, Versions& versions) {
  const auto add = [&](std::string_view type, const std::optional<Timestamp>& built) {
    if (type.empty()) return;
    std::pair<std::string, std::string> one{type, built ? format_rfc3339(*built).view() : ""};
    const auto& known = versions.databases;
    if (std::find(known.begin(), known.end(), one) == known.end()) {
      versions.databases.push_back(std::move(one));
    }
  };
  add(record.geo.database_type, record.geo.database_built);
  add(record.geo.as_database_type, record.geo.as_database_built);
}

// A field that an undecided rule wanted; what follows from a reason already given is not repeated.
void note_missing(const FieldSpec& field, const ClaimFeatures& features,
                  std::map<std::string, std::string>& missing) {
  const bool follows = features.basis == Basis::none ||
                       (!features.agrees && field.name.starts_with("sekimori.place."));
  if (follows) return;
  const bool second = field.name == "sekimori.place.second_agrees";
  missing.try_emplace(std::string{field.name},
                      second ? "no second database lists the address" : "not seen");
}

void add_match(const CompiledRule& rule, const ClaimFeatures& features, const FieldReader& reader,
               Verdict& verdict) {
  const RuleFacts& facts = rule.facts();
  if (!facts.in_shadow()) {
    verdict.mismatch = std::max(verdict.mismatch, mismatch_of(facts.mismatch));
  }
  if (!facts.finding.empty()) verdict.findings.push_back(finding_of(rule, features, reader));
}

}  // namespace

Judge::Judge(std::shared_ptr<const RulePack> pack, JudgeSettings settings)
    : matcher_{pack},
      correlator_{std::make_unique<Correlator>(std::move(pack))},
      settings_{std::move(settings)} {}

void Judge::recall(const Observation& observation) {
  if (!recalling_) recalling_.emplace(correlator_->shared_pack());
  const ClaimFeatures features = claim_features(observation, settings_);
  const FieldReader reader = claim_reader(features);
  const Claim& claim = observation.claim;
  correlator_->observe({Category::claim, claim.id, claim.time, claim.received, reader,
                        recalling_->match(Category::claim, reader).rules});
}

void Judge::inherit(Judge& before) {
  before.correlator_->replace(correlator_->shared_pack());
  correlator_.swap(before.correlator_);
}

void Judge::on_session(const SessionRecord& record) {
  if (pack().correlations().empty() || record.signatures.empty()) return;
  std::vector<std::uint32_t> rules;
  for (const SignatureMatch& match : record.signatures.view()) {
    if (const auto rule = pack().find_rule(match.id.view())) rules.push_back(*rule);
  }
  correlator_->observe({Category::session, record.id.text(), record.start, record.end,
                        session_reader(record), rules});
}

Verdict Judge::judge(const Observation& observation) {
  recalling_.reset();
  const ClaimFeatures features = claim_features(observation, settings_);
  const FieldReader reader = claim_reader(features);
  Verdict verdict;
  verdict.claim = observation.claim;
  verdict.outcome = observation.outcome;
  for (const SessionRecord& session : observation.sessions) verdict.events.push_back(session.id);
  verdict.versions = {SEKIMORI_VERSION, pack().hash(), {}};
  if (features.basis != Basis::none) {
    verdict.connection = features.record;
    name_databases(features.record, verdict.versions);
  }

  std::map<std::string, std::string> missing = reasons_of(features);
  const RuleMatcher::Found found = matcher_.match(Category::claim, reader);
  for (const RuleUnit rule : found.rules) {
    const CompiledRule& one = pack().rules()[rule];
    if (!pack().is_silent(one.facts().id)) add_match(one, features, reader, verdict);
  }
  for (const FieldId field : found.missing) {
    note_missing(claim_fields()[field], features, missing);
  }
  const Claim& claim = observation.claim;
  for (const CorrelationStep& step : correlator_->observe(
           {Category::claim, claim.id, claim.time, claim.received, reader, found.rules})) {
    const Correlation& one = pack().correlations()[step.correlation];
    if (step.truth != Truth::yes || one.facts.finding.empty()) continue;
    if (!pack().is_silent(one.facts.id)) verdict.findings.push_back(correlation_finding(one, step));
  }
  std::stable_sort(verdict.findings.begin(), verdict.findings.end(),
                   [](const Finding& left, const Finding& right) {
                     return std::tie(left.name, left.rule_id) < std::tie(right.name, right.rule_id);
                   });
  for (const auto& [field, reason] : missing) verdict.missing.push_back(field + ": " + reason);
  return verdict;
}

}  // namespace sekimori
