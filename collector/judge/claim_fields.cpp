#include <algorithm>
#include <array>
#include <vector>

#include "collector/judge/features.h"
#include "collector/judge/words.h"

namespace sekimori {
namespace {

using enum FieldType;
using Features = ClaimFeatures;

FieldValue text_of(std::string_view word) noexcept {
  if (word.empty()) return {};
  return word;
}
FieldValue flag_of(std::optional<bool> flag) noexcept {
  if (!flag) return {};
  return *flag;
}
FieldValue real_of(std::optional<double> number) noexcept {
  if (!number) return {};
  return *number;
}

struct Row {
  FieldSpec spec;
  FieldValue (*read)(const Features& features) noexcept;
};

constexpr Row kRows[] = {
    {{"claim.id", text}, [](const Features& f) noexcept { return text_of(f.claim->id); }},
    {{"claim.time", moment}, [](const Features& f) noexcept { return FieldValue{f.claim->time}; }},
    {{"claim.account", text}, [](const Features& f) noexcept { return text_of(f.claim->account); }},
    {{"claim.country", text},
     [](const Features& f) noexcept { return text_of(f.claim->country.text()); }},
    {{"claim.ip", ip}, [](const Features& f) noexcept { return FieldValue{f.claim->ip}; }},
    {{"claim.event", text}, [](const Features& f) noexcept { return text_of(f.claim->event); }},
    {{"claim.user_agent", text},
     [](const Features& f) noexcept { return text_of(f.claim->user_agent); }},
    {{"claim.time_zone", text},
     [](const Features& f) noexcept { return text_of(f.claim->time_zone); }},
    {{"claim.language", text},
     [](const Features& f) noexcept { return text_of(f.claim->language); }},
    {{"claim.travel.country", text},
     [](const Features& f) noexcept {
       return f.claim->travel ? text_of(f.claim->travel->country.text()) : FieldValue{};
     }},
    {{"claim.travel.until", moment},
     [](const Features& f) noexcept {
       return f.claim->travel ? FieldValue{f.claim->travel->until} : FieldValue{};
     }},
    {{"sekimori.join.outcome", text},
     [](const Features& f) noexcept { return text_of(word_of(f.outcome)); }},
    {{"sekimori.join.sessions", integer},
     [](const Features& f) noexcept { return FieldValue{f.sessions}; }},
    {{"sekimori.place.basis", text},
     [](const Features& f) noexcept {
       return text_of(f.basis == Basis::none      ? ""
                      : f.basis == Basis::session ? "session"
                                                  : "address");
     }},
    {{"sekimori.place.agrees", boolean},
     [](const Features& f) noexcept { return flag_of(f.agrees); }},
    {{"sekimori.place.agrees_with", text},
     [](const Features& f) noexcept { return text_of(f.agrees_with); }},
    {{"sekimori.place.travelling", boolean},
     [](const Features& f) noexcept { return FieldValue{f.travelling}; }},
    {{"sekimori.place.second_agrees", boolean},
     [](const Features& f) noexcept { return flag_of(f.second_agrees); }},
    {{"sekimori.place.sources_disagree", boolean},
     [](const Features& f) noexcept { return flag_of(f.sources_disagree); }},
    {{"sekimori.place.physics", text},
     [](const Features& f) noexcept { return text_of(word_of(f.physics)); }},
    {{"sekimori.place.point", text},
     [](const Features& f) noexcept { return text_of(word_of(f.point)); }},
    {{"sekimori.place.untested_reason", text},
     [](const Features& f) noexcept { return text_of(f.untested_reason); }},
    {{"sekimori.place.nearest_km", real},
     [](const Features& f) noexcept { return real_of(f.nearest_km); }},
    {{"sekimori.place.point_km", real},
     [](const Features& f) noexcept { return real_of(f.point_km); }},
    {{"sekimori.place.reach_km", real},
     [](const Features& f) noexcept { return real_of(f.reach_km); }},
    {{"sekimori.timing.usable", boolean},
     [](const Features& f) noexcept { return FieldValue{f.timing_usable}; }},
    {{"sekimori.timing.unusable_reason", text},
     [](const Features& f) noexcept { return text_of(f.timing_reason); }},
    {{"sekimori.timing.least_rtt_us", integer},
     [](const Features& f) noexcept {
       return f.rtt_us ? FieldValue{std::uint64_t{*f.rtt_us}} : FieldValue{};
     }},
    {{"sekimori.timing.least_rtt_sample", text},
     [](const Features& f) noexcept { return text_of(f.rtt_sample); }},
};

struct Schema {
  std::vector<FieldSpec> specs;
  std::vector<bool> of_address;  // by the ids of session fields, which come first
};

const Schema& schema() noexcept {
  static const Schema whole = [] {
    Schema made;
    for (const FieldSpec& spec : session_fields()) {
      made.specs.push_back(spec);
      made.of_address.push_back(is_address_field(spec.name));
    }
    for (const Row& row : kRows) made.specs.push_back(row.spec);
    return made;
  }();
  return whole;
}

FieldValue read_claim(const void* subject, FieldId id, FieldScratch& scratch) noexcept {
  const auto& features = *static_cast<const Features*>(subject);
  const std::size_t of_session = schema().of_address.size();
  if (id >= of_session) return kRows[id - of_session].read(features);
  const bool known = features.basis == Basis::session ||
                     (features.basis == Basis::address && schema().of_address[id]);
  if (!known) return {};
  return session_reader(features.record)(id, scratch);
}

}  // namespace

bool is_address_field(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 3> kFamilies{"client.geo.", "client.as.", "sekimori.geo."};
  return name == "client.ip" ||
         std::any_of(kFamilies.begin(), kFamilies.end(),
                     [&](std::string_view family) { return name.starts_with(family); });
}

std::span<const FieldSpec> claim_fields() noexcept {
  return schema().specs;
}

FieldReader claim_reader(const ClaimFeatures& features) noexcept {
  return {&features, &read_claim};
}

}  // namespace sekimori
