#include <cstdlib>
#include <string_view>

#include "collector/receive/claim_reader.h"
#include "collector/receive/claim_writer.h"

namespace {

using namespace sekimori;

void require(bool holds) {
  if (!holds) std::abort();
}

// A claim that was read is complete, and what is written of it reads as the same claim.
void check(const Claim& claim) {
  require(!claim.id.empty() && !claim.account.empty() && claim.country && claim.ip);
  const std::string written = write_claim_json(claim);
  const auto again = read_claim_json(written, std::nullopt);
  require(again.has_value() && write_claim_json(*again) == written && again->id == claim.id);
}

}  // namespace

// The input is a JSON line; and, cut at its first line end, a CSV header with one row.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto claim = read_claim_json(text, std::nullopt)) check(*claim);
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return 0;
  const auto columns = ClaimColumns::parse(text.substr(0, end));
  if (!columns) return 0;
  require(ClaimColumns::looks_like_header(text.substr(0, end)));
  if (const auto claim = columns->read_claim(text.substr(end + 1), std::nullopt)) check(*claim);
  return 0;
}
