#include "collector/judge/features.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

namespace sekimori {
namespace {

bool is_travelling(const Claim& claim) noexcept {
  return claim.travel && claim.travel->until >= claim.time;
}

// The word for which of the claim's countries it is; empty for none.
std::string_view agreement(const Claim& claim, CountryCode country) noexcept {
  if (claim.country == country) return "claim";
  if (is_travelling(claim) && claim.travel->country == country) return "travel";
  return "";
}

// The client's address and what databases know of it; nothing that belongs to one session.
SessionRecord address_of(const SessionRecord& record) {
  SessionRecord address;
  address.client.ip = record.client.ip;
  address.client.geo = record.client.geo;
  address.client.as = record.client.as;
  address.geo = record.geo;
  return address;
}

void choose_record(const Observation& observation, const JudgeSettings& settings,
                   ClaimFeatures& features) {
  const auto& sessions = observation.sessions;
  switch (observation.outcome) {
    case JoinOutcome::matched:
      if (sessions.size() != 1) return;
      features.basis = Basis::session;
      features.record = sessions.front();
      return;
    case JoinOutcome::ambiguous: {
      // Whichever session it was, it came from this address; nothing else is common to all.
      const bool one_address =
          !sessions.empty() && std::all_of(sessions.begin(), sessions.end(), [&](const auto& one) {
            return one.client.ip == sessions.front().client.ip;
          });
      if (!one_address) return;
      features.basis = Basis::address;
      features.record = address_of(sessions.front());
      return;
    }
    case JoinOutcome::claims_only:
      features.basis = Basis::address;
      features.record.client.ip = observation.claim.ip;
      if (settings.enrich) settings.enrich(features.record);
      features.record = address_of(features.record);
      return;
    case JoinOutcome::no_evidence:
    case JoinOutcome::late:
      return;
  }
}

void compare_countries(ClaimFeatures& features) {
  const Claim& claim = *features.claim;
  features.travelling = is_travelling(claim);
  const CountryCode first = features.record.client.geo.country;
  const CountryCode second = features.record.geo.second_country;
  if (first) {
    const std::string_view with = agreement(claim, first);
    features.agrees = !with.empty();
    features.agrees_with = with.empty() ? "neither" : with;
  }
  if (second) features.second_agrees = !agreement(claim, second).empty();
  if (first && second) features.sources_disagree = first != second;
}

struct Sample {
  std::string_view field;
  std::optional<std::uint32_t> Timing::*member;
};
// What a far end cannot answer before it has seen it (DESIGN.md, section 6).
constexpr std::array<Sample, 4> kHandshakeSamples{
    {{"sekimori.timing.client_rtt_us", &Timing::client_rtt_us},
     {"sekimori.timing.tls_gap_us", &Timing::tls_gap_us},
     {"sekimori.timing.retry_gap_us", &Timing::retry_gap_us},
     {"sekimori.timing.quic_rtt_us", &Timing::quic_rtt_us}}};

void choose_sample(ClaimFeatures& features) {
  for (const Sample& sample : kHandshakeSamples) {
    const auto rtt = features.record.timing.*sample.member;
    if (!rtt || (features.rtt_us && *features.rtt_us <= *rtt)) continue;
    features.rtt_us = rtt;
    features.rtt_sample = sample.field;
  }
}

std::string_view timing_fault(const ClaimFeatures& features) noexcept {
  if (features.outcome == JoinOutcome::ambiguous) return "several_sessions";
  if (features.outcome == JoinOutcome::claims_only) return "no_packets";
  if (features.basis != Basis::session) return "no_session";
  if (features.record.path == Path::undeclared) return "path_undeclared";
  if (features.record.path == Path::l4) return "path_l4";
  if (features.record.path == Path::l7) return "path_l7";
  if (features.record.loss.window.value_or(false)) return "loss_window";
  return features.rtt_us ? "" : "no_sample";
}

void judge_timing(ClaimFeatures& features) {
  if (features.basis == Basis::session) choose_sample(features);
  features.timing_reason = timing_fault(features);
  features.timing_usable = features.timing_reason.empty();
  if (features.timing_usable) return;
  features.rtt_us.reset();
  features.rtt_sample = {};
}

// A tenth of a kilometre is far below every margin, and people read it.
double rounded(double km) noexcept {
  return std::round(km * 10) / 10;
}

std::optional<Site> site_of(const SessionRecord& record, const JudgeSettings& settings) {
  const auto found = settings.sites.find(record.observer.view());
  return found == settings.sites.end() ? settings.site : std::optional{found->second};
}

void test_physics(ClaimFeatures& features, const JudgeSettings& settings) {
  const Place& place = features.record.client.geo;
  const auto site = site_of(features.record, settings);
  if (!features.timing_usable) {
    features.untested_reason = features.timing_reason;
  } else if (!place.country) {
    features.untested_reason = "no_country";
  } else if (!site) {
    features.untested_reason = "no_site";
  }
  if (!features.untested_reason.empty()) return;

  const std::chrono::microseconds rtt{*features.rtt_us};
  const auto answer = [&](double km, std::uint32_t radius) {
    return light_forbids(km, rtt, features.medium, radius) ? Physics::impossible
                                                           : Physics::possible;
  };
  features.medium = medium_of(features.record.client.as.number);
  features.reach_km = rounded(light_reach_km(rtt, features.medium));
  const auto nearest =
      settings.nearest_km ? settings.nearest_km(place.country, *site) : std::nullopt;
  if (nearest) {
    features.nearest_km = rounded(*nearest);
    features.physics = answer(*nearest, 0);
  } else {
    features.untested_reason = "no_distance";
  }
  // Coordinates without a radius may stand for a whole country.
  const auto radius = features.record.geo.accuracy_radius_km;
  if (place.latitude && place.longitude && radius) {
    const double km = great_circle_km(*site, {*place.latitude, *place.longitude});
    features.point_km = rounded(km);
    features.point = answer(km, *radius);
  }
}

// 2: the listed country is out of reach, 1: the listed coordinates are, 0: neither.
int refutation(const ClaimFeatures& features) noexcept {
  if (features.physics == Physics::impossible) return 2;
  return features.point == Physics::impossible ? 1 : 0;
}

// Which of several sessions was the claim's is not known, but a listing is of the address they all
// share: what one of them refutes is refuted whichever it was. Nothing is confirmed in this way.
void test_candidates(ClaimFeatures& features, const Observation& observation,
                     const JudgeSettings& settings) {
  for (const SessionRecord& session : observation.sessions) {
    ClaimFeatures one;
    one.basis = Basis::session;
    one.record = session;
    judge_timing(one);
    test_physics(one, settings);
    if (refutation(one) <= refutation(features)) continue;
    features.timing_usable = true;
    features.timing_reason = {};
    features.rtt_us = one.rtt_us;
    features.rtt_sample = one.rtt_sample;
    features.medium = one.medium;
    features.physics = one.physics;
    features.point = one.point;
    features.untested_reason = one.untested_reason;
    features.nearest_km = one.nearest_km;
    features.point_km = one.point_km;
    features.reach_km = one.reach_km;
  }
}

}  // namespace

ClaimFeatures claim_features(const Observation& observation, const JudgeSettings& settings) {
  ClaimFeatures features;
  features.claim = &observation.claim;
  features.outcome = observation.outcome;
  features.sessions = observation.sessions.size();
  choose_record(observation, settings, features);
  compare_countries(features);
  judge_timing(features);
  test_physics(features, settings);
  if (features.outcome == JoinOutcome::ambiguous && features.basis == Basis::address) {
    test_candidates(features, observation, settings);
  }
  return features;
}

std::string_view word_of(Physics physics) noexcept {
  constexpr std::array<std::string_view, 3> kWords{"untested", "possible", "impossible"};
  return kWords.at(static_cast<std::size_t>(physics));
}

}  // namespace sekimori
