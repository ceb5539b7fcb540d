#include "core/geo/geo_record.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using namespace std::string_view_literals;

// Typed by the MaxMind DB format 2.0: \xeN a map of N entries, \x4N a text of N bytes (\x5d\xNN: 29
// and NN), \xaN a uint16, \xcN a uint32 of N bytes, \x68 a double, \x04\x08 a float, \xNN\x07 a
// boolean.
std::optional<GeoAnswer> read(std::string_view record) {
  return read_geo_record(Bytes{reinterpret_cast<const std::uint8_t*>(record.data()), record.size()},
                         0);
}

TEST(GeoRecord, FindsTheCountryWhereverTheVendorPutsIt) {
  struct Case {
    std::string_view what;
    std::string_view record;
    std::string_view country;
  };
  const Case cases[] = {
      {"MaxMind",
       "\xe1\x47"
       "country"
       "\xe1\x48"
       "iso_code"
       "\x42"
       "JP"sv,
       "JP"},
      {"ip-location-db",
       "\xe1\x4c"
       "country_code"
       "\x42"
       "CN"sv,
       "CN"},
      {"IPinfo's older files",
       "\xe1\x47"
       "country"
       "\x42"
       "RU"sv,
       "RU"},
      {"IPinfo Lite: country is a name",
       "\xe2\x47"
       "country"
       "\x45"
       "Japan"
       "\x4c"
       "country_code"
       "\x42"
       "JP"sv,
       "JP"},
      {"a name of two letters is no code",
       "\xe1\x47"
       "country"
       "\x42"
       "Jp"sv,
       ""},
      {"the object wins over the flat code",
       "\xe2\x4c"
       "country_code"
       "\x42"
       "CN"
       "\x47"
       "country"
       "\xe1\x48"
       "iso_code"
       "\x42"
       "JP"sv,
       "JP"},
      {"a number is no country",
       "\xe1\x47"
       "country"
       "\xa1\x01"sv,
       ""},
      {"only registered",
       "\xe1\x52"
       "registered_country"
       "\xe1\x48"
       "iso_code"
       "\x42"
       "US"sv,
       ""},
      {"only represented",
       "\xe1\x53"
       "represented_country"
       "\xe1\x48"
       "iso_code"
       "\x42"
       "US"sv,
       ""},
      {"a code that is no country's",
       "\xe1\x4c"
       "country_code"
       "\x42"
       "EU"sv,
       ""},
      {"an empty record", "\xe0"sv, ""},
      {"a record that is no map",
       "\x42"
       "JP"sv,
       ""},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const auto answer = read(row.record);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->country.text(), row.country);
  }
}

TEST(GeoRecord, ReadsAutonomousSystems) {
  struct Case {
    std::string_view what;
    std::string_view record;
    std::uint32_t number;
    std::string_view organization;
  };
  const Case cases[] = {
      {"GeoLite2-ASN",
       "\xe2\x58"
       "autonomous_system_number"
       "\xc2\x09\xc5"
       "\x5d\x01"
       "autonomous_system_organization"
       "\x44"
       "WIDE"sv,
       2501, "WIDE"},
      {"under traits",
       "\xe1\x46"
       "traits"
       "\xe1\x58"
       "autonomous_system_number"
       "\xc4\xff\xff\xff\xff"sv,
       4294967295U, ""},
      {"IPinfo",
       "\xe2\x43"
       "asn"
       "\x45"
       "AS174"
       "\x47"
       "as_name"
       "\x46"
       "Cogent"sv,
       174, "Cogent"},
      {"a number too large",
       "\xe1\x43"
       "asn"
       "\x4c"
       "AS4294967296"sv,
       0, ""},
      {"no number",
       "\xe1\x43"
       "asn"
       "\x44"
       "AS1x"sv,
       0, ""},
      {"no prefix",
       "\xe1\x43"
       "asn"
       "\x43"
       "174"sv,
       0, ""},
      {"only a prefix",
       "\xe1\x43"
       "asn"
       "\x42"
       "AS"sv,
       0, ""},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const auto answer = read(row.record);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->as_number, row.number);
    EXPECT_EQ(answer->as_organization, row.organization);
  }
}

TEST(GeoRecord, CoordinatesComeInPairsAndOnTheGlobe) {
  // IEEE 754: 35.5 is 0x4041c00000000000 and 0x420e0000, 139.5 is 0x430b8000,
  // 181 is 0x43350000, a NaN is 0x7fc00000.
  struct Case {
    std::string_view what;
    std::string_view record;
    std::optional<double> latitude;
    std::optional<double> longitude;
  };
  const Case cases[] = {
      {"double and float, under location",
       "\xe1\x48"
       "location"
       "\xe2\x48"
       "latitude"
       "\x68\x40\x41\xc0\x00\x00\x00\x00\x00"
       "\x49"
       "longitude"
       "\x04\x08\x43\x0b\x80\x00"sv,
       35.5, 139.5},
      {"flat",
       "\xe2\x48"
       "latitude"
       "\x04\x08\x42\x0e\x00\x00"
       "\x49"
       "longitude"
       "\x04\x08\x43\x0b\x80\x00"sv,
       35.5, 139.5},
      {"one alone",
       "\xe1\x48"
       "latitude"
       "\x04\x08\x42\x0e\x00\x00"sv,
       {},
       {}},
      {"beyond the date line",
       "\xe2\x48"
       "latitude"
       "\x04\x08\x42\x0e\x00\x00"
       "\x49"
       "longitude"
       "\x04\x08\x43\x35\x00\x00"sv,
       {},
       {}},
      {"not a number",
       "\xe2\x48"
       "latitude"
       "\x04\x08\x7f\xc0\x00\x00"
       "\x49"
       "longitude"
       "\x04\x08\x43\x0b\x80\x00"sv,
       {},
       {}},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const auto answer = read(row.record);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->latitude, row.latitude);
    EXPECT_EQ(answer->longitude, row.longitude);
  }
}

TEST(GeoRecord, KnowsOnlyTheFlagsThatAreThere) {
  const auto top = read(
      "\xe2\x4c"
      "is_anonymous"
      "\x01\x07"
      "\x50"
      "is_anonymous_vpn"
      "\x00\x07"sv);
  ASSERT_TRUE(top);
  EXPECT_EQ(top->anonymity.get(Anonymity::anonymous), true);
  EXPECT_EQ(top->anonymity.get(Anonymity::vpn), false);
  EXPECT_EQ(top->anonymity.get(Anonymity::tor_exit), std::nullopt);

  const auto traits = read(
      "\xe1\x46"
      "traits"
      "\xe2\x50"
      "is_tor_exit_node"
      "\x01\x07"
      "\x55"
      "is_satellite_provider"
      "\x01\x07"sv);
  ASSERT_TRUE(traits);
  EXPECT_EQ(traits->anonymity.get(Anonymity::tor_exit), true);
  EXPECT_EQ(traits->is_satellite, true);
  EXPECT_EQ(traits->is_anycast, std::nullopt);
}

TEST(GeoRecord, NamesAreWholeCharactersThatPrint) {
  struct Case {
    std::string_view what;
    std::string name;  // up to 255 bytes
    std::string expected;
  };
  std::string long_name(62, 'a');
  const Case cases[] = {
      {"accents", "S\xc3\xa3o Paulo", "S\xc3\xa3o Paulo"},
      {"cut before the character that does not fit", long_name + "\xe4\xba\xac", long_name},
      {"a line break would forge a log line", "Tokyo\nroot", ""},
      {"not UTF-8", "Tok\xffyo", ""},
      {"UTF-8 that is cut", "Toky\xc3", ""},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    std::string record =
        "\xe1\x44"
        "city"
        "\xe1\x45"
        "names"
        "\xe1\x42"
        "en";
    if (row.name.size() < 29) {
      record += static_cast<char>(0x40 + row.name.size());
    } else {
      record += '\x5d';
      record += static_cast<char>(row.name.size() - 29);
    }
    record += row.name;
    const auto answer = read(record);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->city, row.expected);
  }
}

TEST(GeoRecord, ARecordThatIsCutIsBroken) {
  const std::string_view record =
      "\xe3\x47"
      "country"
      "\xe1\x48"
      "iso_code"
      "\x42"
      "JP"
      "\x48"
      "location"
      "\xe1\x4f"
      "accuracy_radius"
      "\xa1\x14"
      "\x43"
      "asn"
      "\x43"
      "AS1"sv;
  ASSERT_TRUE(read(record));
  EXPECT_EQ(read(record)->accuracy_radius_km, 20U);
  for (std::size_t size = 0; size < record.size(); ++size) {
    EXPECT_FALSE(read(record.substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace sekimori
