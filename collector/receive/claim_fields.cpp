#include "collector/receive/claim_fields.h"

#include <algorithm>

#include "core/text/sha256.h"
#include "core/text/utf8.h"

namespace sekimori {
namespace {

using Kind = RawField::Kind;

// Bytes. Longer than any account name or hash in use; a user agent is allowed more because real
// ones reach several hundred.
constexpr std::size_t kLongestText = 256;
constexpr std::size_t kLongestUserAgent = 1024;
constexpr std::size_t kLongestEchoedName = 64;
// A claim outside is a mistake; inside, adding any window of the join cannot overflow.
constexpr Timestamp kEarliest{std::chrono::sys_days{std::chrono::year{1970} / 1 / 1}};
constexpr Timestamp kLatest{std::chrono::sys_days{std::chrono::year{2200} / 1 / 1}};

constexpr std::array<std::string_view, kClaimFieldCount> kNames{"time",
                                                                "account",
                                                                "country",
                                                                "ip",
                                                                "id",
                                                                "received",
                                                                "port",
                                                                "server_ip",
                                                                "server_port",
                                                                "event",
                                                                "user_agent",
                                                                "time_zone",
                                                                "language",
                                                                "travel.country",
                                                                "travel.until",
                                                                "links.payout",
                                                                "links.document",
                                                                "links.phone",
                                                                "links.email"};

Complaint complain(ClaimField field, std::string_view what, std::string_view way_out) {
  return {{},
          0,
          0,
          "'" + std::string{claim_field_name(field)} + "' " + std::string{what},
          std::string{way_out}};
}

Complaint no_digest() {
  return {{},
          0,
          0,
          "no id, and libcrypto has no SHA-256 to derive one",
          "send an 'id' with every claim"};
}

bool has_control(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char one) { return static_cast<std::uint8_t>(one) < 0x20 || one == 0x7f; });
}

// Reads fields one after the other; the first complaint sticks and the rest reads as absent.
class FieldChecker {
 public:
  explicit FieldChecker(const RawClaim& raw) : raw_{raw} {}

  bool has(ClaimField field) const { return of(field).kind != Kind::absent; }

  std::string text(ClaimField field) {
    const RawField& raw = of(field);
    if (!good() || raw.kind == Kind::absent) return {};
    const std::size_t longest = field == ClaimField::user_agent ? kLongestUserAgent : kLongestText;
    if (raw.kind != Kind::text) return fail(field, "is not text", "put it in quotation marks");
    if (raw.text.size() > longest) {
      return fail(field, "is longer than " + std::to_string(longest) + " bytes", "");
    }
    if (first_bad_utf8(raw.text) < raw.text.size()) return fail(field, "is not UTF-8", "");
    if (has_control(raw.text)) return fail(field, "holds a control character", "");
    return raw.text;
  }

  std::string required_text(ClaimField field) {
    if (good() && !has(field)) return fail(field, "is missing", "every claim needs it");
    std::string value = text(field);
    if (good() && value.empty()) return fail(field, "is empty", "every claim needs it");
    return value;
  }

  Timestamp moment(ClaimField field) {
    const auto time = parse_rfc3339(required_text(field));
    if (time && *time >= kEarliest && *time < kLatest) return *time;
    if (time) {
      fail(field, "is not between 1970 and 2200", "");
      return {};
    }
    fail(field, "is not a moment", "RFC 3339 with an offset: 2024-03-26T01:02:03.456Z");
    return {};
  }

  CountryCode country(ClaimField field) {
    const auto code = CountryCode::parse(required_text(field));
    if (code && is_assigned(*code)) return *code;
    fail(field, "is not a country", "two letters of ISO 3166-1: JP; GB for the United Kingdom");
    return {};
  }

  IpAddress ip(ClaimField field) {
    const auto address = IpAddress::parse(required_text(field));
    if (address) return *address;
    fail(field, "is not an IPv4 or IPv6 address", "without brackets, port, zone or prefix length");
    return {};
  }

  std::optional<std::uint16_t> port(ClaimField field) {
    const RawField& raw = of(field);
    if (!good() || raw.kind == Kind::absent) return std::nullopt;
    if (raw.kind == Kind::integer && raw.integer >= 1 && raw.integer <= 65535) {
      return static_cast<std::uint16_t>(raw.integer);
    }
    fail(field, "is not a port", "a number from 1 to 65535, without quotation marks");
    return std::nullopt;
  }

  bool good() const { return !complaint_; }
  const Complaint& complaint() const { return *complaint_; }

 private:
  const RawField& of(ClaimField field) const { return raw_[static_cast<std::size_t>(field)]; }

  std::string fail(ClaimField field, std::string_view what, std::string_view way_out) {
    if (!complaint_) complaint_ = complain(field, what, way_out);
    return {};
  }

  const RawClaim& raw_;
  std::optional<Complaint> complaint_;
};

}  // namespace

std::string_view claim_field_name(ClaimField field) noexcept {
  return kNames[static_cast<std::size_t>(field)];
}

std::optional<ClaimField> find_claim_field(std::string_view name) noexcept {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<ClaimField>(found - kNames.begin());
}

Complaint unknown_claim_field(std::string_view kind, std::string_view name) {
  const std::string_view shown = name.substr(0, kLongestEchoedName);
  const std::string_view nearest = nearest_name(shown, {kNames.begin(), kNames.end()});
  Complaint complaint;
  complaint.what = "unknown " + std::string{kind} + " '" + std::string{shown} + "'";
  complaint.way_out = nearest.empty()
                          ? "the names are those of a claim: time, account, country, ip, ..."
                          : "did you mean '" + std::string{nearest} + "'?";
  return complaint;
}

Loaded<Claim> make_claim(const RawClaim& raw, std::optional<Timestamp> arrival) {
  FieldChecker fields{raw};
  Claim claim;
  claim.time = fields.moment(ClaimField::time);
  claim.account = fields.required_text(ClaimField::account);
  claim.country = fields.country(ClaimField::country);
  claim.ip = fields.ip(ClaimField::ip);
  claim.received = fields.has(ClaimField::received) ? fields.moment(ClaimField::received)
                                                    : arrival.value_or(claim.time);
  claim.port = fields.port(ClaimField::port);
  if (fields.has(ClaimField::server_ip)) claim.server_ip = fields.ip(ClaimField::server_ip);
  claim.server_port = fields.port(ClaimField::server_port);
  claim.event = fields.text(ClaimField::event);
  claim.user_agent = fields.text(ClaimField::user_agent);
  claim.time_zone = fields.text(ClaimField::time_zone);
  claim.language = fields.text(ClaimField::language);
  if (fields.has(ClaimField::travel_country) || fields.has(ClaimField::travel_until)) {
    const CountryCode country = fields.country(ClaimField::travel_country);
    claim.travel = Travel{country, fields.moment(ClaimField::travel_until)};
  }
  claim.links.payout = fields.text(ClaimField::links_payout);
  claim.links.document = fields.text(ClaimField::links_document);
  claim.links.phone = fields.text(ClaimField::links_phone);
  claim.links.email = fields.text(ClaimField::links_email);
  claim.id = fields.has(ClaimField::id) ? fields.required_text(ClaimField::id) : std::string{};
  if (!fields.good()) return tl::unexpected{fields.complaint()};
  if (claim.id.empty()) claim.id = derive_claim_id(claim);
  if (claim.id.empty()) return tl::unexpected{no_digest()};
  return claim;
}

std::string derive_claim_id(const Claim& claim) {
  std::string canonical;
  // Lengths in front, so that no field can pretend to be the beginning of the next.
  const auto add = [&canonical](std::string_view value) {
    canonical += std::to_string(value.size()) + ":";
    canonical += value;
  };
  const auto add_port = [&add](std::optional<std::uint16_t> port) {
    add(port ? std::to_string(*port) : std::string{});
  };
  add(std::to_string(claim.time.time_since_epoch().count()));
  add(claim.account);
  add(claim.country.text());
  add(claim.ip.text());
  add_port(claim.port);
  add(claim.server_ip.value_or(IpAddress{}).text());
  add_port(claim.server_port);
  for (const std::string* text :
       {&claim.event, &claim.user_agent, &claim.time_zone, &claim.language, &claim.links.payout,
        &claim.links.document, &claim.links.phone, &claim.links.email}) {
    add(*text);
  }
  if (claim.travel) {
    add(claim.travel->country.text());
    add(std::to_string(claim.travel->until.time_since_epoch().count()));
  }
  return sha256_hex(canonical).substr(0, 32);
}

}  // namespace sekimori
