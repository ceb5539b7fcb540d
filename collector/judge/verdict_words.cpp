#include "collector/judge/verdict_words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include "collector/judge/correlation_finding.h"
#include "collector/judge/words.h"
#include "core/text/timestamp.h"

namespace sekimori {
namespace {

std::size_t rank_of(std::string_view level) noexcept {
  constexpr std::array<std::string_view, 5> kLevels{"informational", "low", "medium", "high",
                                                    "critical"};
  return static_cast<std::size_t>(std::find(kLevels.begin(), kLevels.end(), level) -
                                  kLevels.begin());
}

// What is not enough says least; then the stronger finding counts, and of equals the first.
const Finding* leading(const Verdict& verdict) noexcept {
  const auto less = [](const Finding& left, const Finding& right) {
    const auto key = [](const Finding& one) {
      return std::array<std::size_t, 3>{one.shadow ? 0U : 1U, one.name == "insufficient" ? 0U : 1U,
                                        rank_of(one.strength)};
    };
    return key(left) < key(right);
  };
  const auto found = std::max_element(verdict.findings.begin(), verdict.findings.end(), less);
  return found == verdict.findings.end() ? nullptr : &*found;
}

std::optional<std::string_view> evidence_of(const Finding& finding, std::string_view field) {
  for (const auto& [name, value] : finding.evidence) {
    if (name != field) continue;
    const std::string_view text = value;
    return text.starts_with('"') ? text.substr(1, text.size() - 2) : text;
  }
  return std::nullopt;
}

std::optional<double> number_of(const Finding& finding, std::string_view field) {
  const auto text = evidence_of(finding, field);
  double number = 0;
  if (!text) return std::nullopt;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), number);
  return parsed.ec == std::errc{} ? std::optional{number} : std::nullopt;
}

std::string fixed(double number, int decimals) {
  std::array<char, 48> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                 std::chars_format::fixed, decimals)
                       .ptr;
  return {digits.data(), end};
}

// "6.2 ms round trip allows 639 km, CN begins at 1090 km"; empty when nothing was tested.
std::string light_words(const Finding& finding, std::string_view country) {
  const auto rtt = number_of(finding, "sekimori.timing.least_rtt_us");
  const auto reach = number_of(finding, "sekimori.place.reach_km");
  const auto nearest = number_of(finding, "sekimori.place.nearest_km");
  if (!rtt || !reach || !nearest) return {};
  return fixed(*rtt / 1000, 1) + " ms round trip allows " + fixed(*reach, 0) + " km, " +
         std::string{country} + " begins at " + fixed(*nearest, 0) + " km";
}

std::string missing_of(const Verdict& verdict, std::string_view field) {
  for (const std::string& one : verdict.missing) {
    if (one.starts_with(field)) return one.substr(std::min(one.size(), field.size() + 2));
  }
  return {};
}

// What speaks against the listing, where a rule asked for it; empty when nothing does.
std::string dispute_words(const Verdict& verdict, const Finding& finding) {
  std::string words;
  const auto second = evidence_of(finding, "sekimori.place.second_agrees");
  const auto agrees = evidence_of(finding, "sekimori.place.agrees");
  if (verdict.connection && second && agrees && *second != *agrees) {
    words += "; a second database lists it in " +
             std::string{verdict.connection->geo.second_country.text()};
  }
  const auto point = number_of(finding, "sekimori.place.point_km");
  if (point && evidence_of(finding, "sekimori.place.point") == "impossible") {
    words += "; its listed coordinates, " + fixed(*point, 0) + " km away, are out of reach";
  }
  return words;
}

std::string place_words(const Verdict& verdict, const Finding& finding) {
  const std::string_view country =
      verdict.connection ? verdict.connection->client.geo.country.text() : "";
  std::string words = "address listed in " + std::string{country};
  const std::string light = light_words(finding, country);
  const std::string untimed = missing_of(verdict, "sekimori.timing.least_rtt_us");
  if (finding.name == "consistent" &&
      evidence_of(finding, "sekimori.place.agrees_with") == "travel") {
    words += ", where the person travels";
  }
  if (finding.name == "geoip_contradicted") {
    return words + ", but " + light + ": the listing is wrong";
  }
  if (finding.name == "consistent") return words;
  if (!light.empty()) return words + "; " + light + dispute_words(verdict, finding);
  if (!untimed.empty()) words += "; timing says nothing: " + untimed;
  return words + dispute_words(verdict, finding);
}

std::string insufficient_words(const Verdict& verdict, const Finding& finding) {
  if (const std::string dispute = dispute_words(verdict, finding); !dispute.empty()) {
    return "address listed in " + std::string{verdict.connection->client.geo.country.text()} +
           dispute;
  }
  std::string words;
  for (const std::string& one : verdict.missing) {
    const std::size_t colon = one.find(": ");
    if (one.ends_with(": not seen") || one.starts_with("sekimori.place.second_agrees")) continue;
    words += (words.empty() ? "" : "; ") + one.substr(colon == std::string::npos ? 0 : colon + 2);
  }
  return words.empty() ? "not enough is known" : words;
}

}  // namespace

std::string claimed_words(const Verdict& verdict) {
  const Claim& claim = verdict.claim;
  std::string words{claim.country.text()};
  if (claim.travel && claim.travel->until >= claim.time) {
    words += ", in " + std::string{claim.travel->country.text()};
  }
  return words;
}

std::string origin_words(const Verdict& verdict) {
  const auto ip = verdict.claim.ip.text();
  if (!verdict.connection) {
    return std::string{verdict.outcome == JoinOutcome::late ? "sessions forgotten, "
                                                            : "no session, "} +
           std::string{ip.view()};
  }
  const Endpoint& client = verdict.connection->client;
  std::string words =
      client.geo.country ? std::string{client.geo.country.text()} : "country unknown";
  if (!client.geo.city.empty()) words += " " + std::string{client.geo.city.view()};
  if (!client.as.organization.empty()) {
    words += ", " + std::string{client.as.organization.view()};
  } else if (client.as.number != 0) {
    words += ", AS" + std::to_string(client.as.number);
  }
  words += ", " + std::string{client.ip.text().view()};
  if (verdict.outcome == JoinOutcome::ambiguous) {
    words += " (" + std::to_string(verdict.events.size()) + " sessions)";
  }
  if (verdict.outcome == JoinOutcome::claims_only) words += " (as claimed)";
  return words;
}

std::string sureness_words(const Verdict& verdict) {
  std::string words{word_of(verdict.mismatch)};
  const Finding* finding = leading(verdict);
  if (finding != nullptr && verdict.mismatch >= Mismatch::doubtful) {
    words += " (" + finding->strength + ")";
  }
  return words;
}

std::string reason_words(const Verdict& verdict) {
  const Finding* finding = leading(verdict);
  if (finding == nullptr) return "no rule says anything";
  std::string said = correlation_words(*finding);
  if (said.empty()) {
    said = finding->name == "insufficient" ? insufficient_words(verdict, *finding)
                                           : place_words(verdict, *finding);
  }
  std::string words = finding->name + ": " + said;
  std::vector<std::string_view> others;
  for (const Finding& one : verdict.findings) {
    const bool told = one.name == finding->name ||
                      std::find(others.begin(), others.end(), one.name) != others.end();
    if (!told) others.push_back(one.name);
  }
  for (const std::string_view other : others) words += "; also " + std::string{other};
  return words;
}

}  // namespace sekimori
