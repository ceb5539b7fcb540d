#include "core/geo/geo_record.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <string_view>

#include "core/geo/mmdb_value.h"

namespace sekimori {
namespace {

// Kilometres: half the Earth's circumference; a radius beyond it says nothing.
constexpr std::uint64_t kLargestRadius = 20'038;

struct Draft {
  GeoAnswer answer;
  CountryCode flat_code;     // country_code
  CountryCode flat_country;  // country, when it is a code and not a name
  std::optional<double> latitude;
  std::optional<double> longitude;
};

struct Field;
using Fields = std::span<const Field>;

// Either a value that `take` reads, or a map whose fields are `inside`.
struct Field {
  std::string_view key;
  void (*take)(Draft&, const MmdbValue&) noexcept = nullptr;
  Fields inside = {};
};

bool is_capital(char one) noexcept {
  return one >= 'A' && one <= 'Z';
}

void take_country(CountryCode& into, const MmdbValue& value) noexcept {
  const std::string_view text = value.text().value_or(std::string_view{});
  if (text.size() != 2 || !is_capital(text[0]) || !is_capital(text[1])) return;
  const auto code = CountryCode::parse(text);
  if (code && is_assigned(*code)) into = *code;
}

// Bytes of the UTF-8 character (RFC 3629) at the front; 0 when there is none or it is a control
// character. Surrogates and overlong forms of three and four bytes are left to their reader.
std::size_t printable_front(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  const std::size_t size = lead >= 0xf5   ? 0
                           : lead >= 0xf0 ? 4
                           : lead >= 0xe0 ? 3
                           : lead >= 0xc2 ? 2
                                          : 0;
  if (size == 0 || size > text.size()) return 0;
  for (std::size_t at = 1; at < size; ++at) {
    if ((byte(at) & 0xc0U) != 0x80U) return 0;
  }
  return size;
}

// Names go into records and onto pages: whole characters that print, or no name.
template <std::size_t N>
void take_name(InlineText<N>& into, const MmdbValue& value) noexcept {
  std::string_view text = value.text().value_or(std::string_view{});
  InlineText<N> name;
  while (!text.empty()) {
    const std::size_t size = printable_front(text);
    if (size == 0) return;
    if (name.size() + size > N) break;
    name.append(text.substr(0, size));
    text.remove_prefix(size);
  }
  into = name;
}

void take_as_number(Draft& draft, const MmdbValue& value) noexcept {
  std::uint64_t number = value.unsigned_number().value_or(0);
  if (std::string_view text = value.text().value_or(std::string_view{}); text.starts_with("AS")) {
    text.remove_prefix(2);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return;
  }
  if (number == 0 || number > std::numeric_limits<std::uint32_t>::max()) return;
  draft.answer.as_number = static_cast<std::uint32_t>(number);
}

void take_degrees(std::optional<double>& into, const MmdbValue& value, double most) noexcept {
  const std::optional<double> degrees = value.real_number();
  if (degrees && std::isfinite(*degrees) && std::fabs(*degrees) <= most) into = degrees;
}

void take_latitude(Draft& draft, const MmdbValue& value) noexcept {
  take_degrees(draft.latitude, value, 90);
}

void take_longitude(Draft& draft, const MmdbValue& value) noexcept {
  take_degrees(draft.longitude, value, 180);
}

void take_radius(Draft& draft, const MmdbValue& value) noexcept {
  const auto radius = value.unsigned_number();
  if (!radius || *radius > kLargestRadius) return;
  draft.answer.accuracy_radius_km = static_cast<std::uint32_t>(*radius);
}

template <Anonymity flag>
void take_flag(Draft& draft, const MmdbValue& value) noexcept {
  if (const auto raised = value.boolean()) draft.answer.anonymity.set(flag, *raised);
}

template <std::optional<bool> GeoAnswer::*member>
void take_bool(Draft& draft, const MmdbValue& value) noexcept {
  if (const auto said = value.boolean()) draft.answer.*member = said;
}

template <auto member>
void take_text(Draft& draft, const MmdbValue& value) noexcept {
  take_name(draft.answer.*member, value);
}

constexpr Field kCountry[] = {
    {"iso_code", [](Draft& d, const MmdbValue& v) noexcept { take_country(d.answer.country, v); }},
};
constexpr Field kRegisteredCountry[] = {
    {"iso_code",
     [](Draft& d, const MmdbValue& v) noexcept { take_country(d.answer.registered_country, v); }},
};
constexpr Field kContinent[] = {{"code", take_text<&GeoAnswer::continent>}};
constexpr Field kNames[] = {{"en", take_text<&GeoAnswer::city>}};
constexpr Field kCity[] = {{"names", nullptr, kNames}};
constexpr Field kLocation[] = {
    {"latitude", take_latitude},
    {"longitude", take_longitude},
    {"accuracy_radius", take_radius},
};
constexpr Field kTraits[] = {
    {"autonomous_system_number", take_as_number},
    {"autonomous_system_organization", take_text<&GeoAnswer::as_organization>},
    {"isp", take_text<&GeoAnswer::isp>},
    {"connection_type", take_text<&GeoAnswer::connection_type>},
    {"user_type", take_text<&GeoAnswer::user_type>},
    {"is_anycast", take_bool<&GeoAnswer::is_anycast>},
    {"is_satellite_provider", take_bool<&GeoAnswer::is_satellite>},
    {"is_anonymous", take_flag<Anonymity::anonymous>},
    {"is_anonymous_proxy", take_flag<Anonymity::anonymous>},
    {"is_anonymous_vpn", take_flag<Anonymity::vpn>},
    {"is_hosting_provider", take_flag<Anonymity::hosting>},
    {"is_public_proxy", take_flag<Anonymity::public_proxy>},
    {"is_residential_proxy", take_flag<Anonymity::residential_proxy>},
    {"is_tor_exit_node", take_flag<Anonymity::tor_exit>},
};
// Maps descend where the value is a map; the same key may hold a text elsewhere.
constexpr Field kTop[] = {
    {"country", [](Draft& d, const MmdbValue& v) noexcept { take_country(d.flat_country, v); },
     kCountry},
    {"country_code", [](Draft& d, const MmdbValue& v) noexcept { take_country(d.flat_code, v); }},
    {"registered_country", nullptr, kRegisteredCountry},
    {"continent", nullptr, kContinent},
    {"continent_code", take_text<&GeoAnswer::continent>},
    {"city", take_text<&GeoAnswer::city>, kCity},
    {"location", nullptr, kLocation},
    {"latitude", take_latitude},
    {"longitude", take_longitude},
    {"asn", take_as_number},
    {"as_name", take_text<&GeoAnswer::as_organization>},
    {"traits", nullptr, kTraits},
};

void take_fields(MmdbReader& reader, const MmdbValue& map, Fields fields, Draft& draft) noexcept {
  reader.for_each_entry(map, [&](std::string_view key, const MmdbValue& value) noexcept {
    for (const Field& field : fields) {
      if (field.key != key) continue;
      if (value.type != MmdbType::map && field.take != nullptr) field.take(draft, value);
      // Ends: `inside` is a constant of at most three levels, whatever the record nests.
      if (value.type == MmdbType::map) take_fields(reader, value, field.inside, draft);
    }
  });
}

}  // namespace

std::optional<GeoAnswer> read_geo_record(Bytes data_section, std::size_t offset) noexcept {
  MmdbReader reader{data_section};
  const MmdbValue root = reader.read(offset);
  Draft draft;
  take_fields(reader, root, kTop, draft);
  // The same names, at the top where a database has nothing else: ASN, ISP, Anonymous-IP.
  take_fields(reader, root, kTraits, draft);
  if (!reader.ok()) return std::nullopt;

  GeoAnswer& answer = draft.answer;
  if (!answer.country) answer.country = draft.flat_code;
  if (!answer.country) answer.country = draft.flat_country;
  if (draft.latitude && draft.longitude) {
    answer.latitude = draft.latitude;
    answer.longitude = draft.longitude;
  }
  return answer;
}

}  // namespace sekimori
