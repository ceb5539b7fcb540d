#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "collector/receive/claim.h"
#include "collector/receive/claim_fields.h"
#include "core/text/complaint.h"

namespace sekimori {

// Bytes of one line without its end. A claim with every field at its limit needs some 6 KiB, more
// when its text is written in escapes.
inline constexpr std::size_t kLongestClaimLine = 64 * 1024;

// One JSON object (DESIGN.md, section 5). Refused: an unknown key, because a misspelt `contry` must
// not pass for a claim without one; a key that comes twice; a value of another type. `null` reads
// as absent. `arrival`: see make_claim. The complaint names no file and no line.
Loaded<Claim> read_claim_json(std::string_view line, std::optional<Timestamp> arrival);

// The header of a CSV file (RFC 4180, commas): which column holds which field.
class ClaimColumns {
 public:
  static Loaded<ClaimColumns> parse(std::string_view header);
  // Whether any column of `line` is the name of a field: tells a CSV file from lines of JSON.
  static bool looks_like_header(std::string_view line);

  // One row. An empty cell reads as absent. A row is one line: a quoted line break, which RFC 4180
  // allows, is refused, so that one lost quotation mark costs one line and not the rest of the
  // file.
  Loaded<Claim> read_claim(std::string_view row, std::optional<Timestamp> arrival) const;

 private:
  std::vector<ClaimField> fields_;
};

}  // namespace sekimori
