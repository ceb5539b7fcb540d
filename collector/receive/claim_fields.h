#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/receive/claim.h"
#include "core/text/complaint.h"

namespace sekimori {

// The names of DESIGN.md section 5; a JSON object nests what stands before the dot, a CSV header
// writes it out.
enum class ClaimField : std::uint8_t {
  time,
  account,
  country,
  ip,
  id,
  received,
  port,
  server_ip,
  server_port,
  event,
  user_agent,
  time_zone,
  language,
  travel_country,
  travel_until,
  links_payout,
  links_document,
  links_phone,
  links_email,
};
inline constexpr std::size_t kClaimFieldCount = 19;

std::string_view claim_field_name(ClaimField field) noexcept;
std::optional<ClaimField> find_claim_field(std::string_view name) noexcept;
// "unknown <kind> 'contry'", with the nearest name. `kind` is what the format calls it: key,
// column.
Complaint unknown_claim_field(std::string_view kind, std::string_view name);

// What a line said for one field, before it is understood.
struct RawField {
  enum class Kind : std::uint8_t { absent, text, integer, other };
  Kind kind = Kind::absent;
  std::string text;
  std::uint64_t integer = 0;
};
using RawClaim = std::array<RawField, kClaimFieldCount>;  // index = ClaimField

// Checks every field and derives what may be left out: the id from the other fields, `received`
// from `arrival` or, without one (replay), from `time`. A complaint names no file and no line; it
// never repeats a value.
Loaded<Claim> make_claim(const RawClaim& raw, std::optional<Timestamp> arrival);

// The first 128 bits of a SHA-256 over every field but `id` and `received`, as 32 hex digits. Not a
// quicker hash: parts of a claim are written by the accused, who must not be able to make two
// claims collide. Empty when libcrypto has no SHA-256.
std::string derive_claim_id(const Claim& claim);

}  // namespace sekimori
