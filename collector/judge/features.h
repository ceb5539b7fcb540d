#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collector/join/observation.h"
#include "core/geo/distance.h"
#include "core/net/country.h"
#include "core/record/field.h"
#include "core/record/session_record.h"

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

// What an observation's facts about the place rest on.
enum class Basis : std::uint8_t {
  none,     // no session, and no address that was used for certain
  session,  // one session: address, path and timing
  address   // several sessions of one address, or a claim without packets: the address alone
};

// Whether the speed of light allows what a database says of an address.
enum class Physics : std::uint8_t { untested, possible, impossible };

// Everything of category claim that is not said by the session record itself. Borrows the claim.
struct ClaimFeatures {
  const Claim* claim = nullptr;
  JoinOutcome outcome = JoinOutcome::no_evidence;
  std::uint64_t sessions = 0;
  Basis basis = Basis::none;
  SessionRecord record;  // session: whole; address: the client's address and what is known of it

  // Of the country where the address is listed. Agrees: it is the claimed country or that of a
  // travel claim which holds at the claim's time. Absent: no database lists the address.
  std::optional<bool> agrees;
  std::string_view agrees_with;       // claim, travel, neither; empty when the country is unknown
  bool travelling = false;            // a travel claim holds at the claim's time
  std::optional<bool> second_agrees;  // the same for a second database's country
  std::optional<bool> sources_disagree;

  // Handshake samples alone: a far end can delay them and cannot answer early.
  bool timing_usable = false;
  std::string_view timing_reason;  // why not; empty when usable
  std::optional<std::uint32_t> rtt_us;
  std::string_view rtt_sample;  // the field that gave it
  Medium medium = Medium::fibre;

  // physics: of the listed country, whose nearest point must be within reach. Only this can take an
  // answer's country away. point: of the listed coordinates, which may be wrong while the country
  // is right (a carrier's seat, the middle of a country); it only makes the answer doubtful.
  Physics physics = Physics::untested;
  Physics point = Physics::untested;
  std::string_view untested_reason;  // why physics is untested; empty when it is tested
  std::optional<double> nearest_km;  // to the listed country's nearest point
  std::optional<double> point_km;    // to the listed coordinates
  std::optional<double> reach_km;    // how far light comes in half the round trip
};

ClaimFeatures claim_features(const Observation& observation, const JudgeSettings& settings);

// The fields of rules of category claim: those of the session, of the claim, and the features
// above. Index = FieldId. signatures/README.md explains each.
std::span<const FieldSpec> claim_fields() noexcept;
FieldReader claim_reader(const ClaimFeatures& features) noexcept;

// Whether a session field is a fact of the client's address and not of one session.
bool is_address_field(std::string_view name) noexcept;

std::string_view word_of(Physics physics) noexcept;

}  // namespace sekimori
