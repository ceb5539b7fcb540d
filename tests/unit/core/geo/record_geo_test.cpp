#include "core/geo/record_geo.h"

#include <filesystem>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

GeoSources open_all() {
  const std::vector<std::filesystem::path> paths{"tests/geo/country.mmdb", "tests/geo/as.mmdb",
                                                 "tests/geo/flat.mmdb", "tests/geo/anonymous.mmdb"};
  auto sources = GeoSources::open(paths);
  EXPECT_TRUE(sources) << (sources ? "" : sources.error().text());
  return std::move(*sources);
}

SessionRecord record_of(std::string_view client, std::string_view server) {
  SessionRecord record;
  record.client.ip = *IpAddress::parse(client);
  record.server.ip = *IpAddress::parse(server);
  return record;
}

TEST(RecordGeo, FillsBothSidesAndTheDetailOfTheClient) {
  const GeoSources sources = open_all();
  SessionRecord record = record_of("90.150.180.12", "153.127.30.10");
  fill_geo(record, sources);
  EXPECT_EQ(record.client.geo.country.text(), "RU");
  EXPECT_EQ(record.client.as.number, 12389U);
  EXPECT_EQ(record.client.as.organization, "PJSC Rostelecom");
  EXPECT_EQ(record.server.geo.country.text(), "JP");
  EXPECT_EQ(record.server.as.number, 7684U);
  EXPECT_EQ(record.geo.registered_country.text(), "RU");
  EXPECT_EQ(record.geo.second_country.text(), "JP");
  EXPECT_EQ(record.geo.database_type, "sekimori-test-country");
  EXPECT_EQ(record.geo.database_built, parse_rfc3339("2024-03-22T00:00:00Z"));
  EXPECT_EQ(record.geo.as_database_type, "sekimori-test-as");
  EXPECT_EQ(record.geo.as_database_built, parse_rfc3339("2024-03-21T00:00:00Z"));
  EXPECT_EQ(record.geo.vpn, false);
}

TEST(RecordGeo, AnAddressThatNoDatabaseKnowsStaysUnknown) {
  const GeoSources sources = open_all();
  SessionRecord record = record_of("192.0.2.1", "2001:db8::1");
  fill_geo(record, sources);
  EXPECT_FALSE(record.client.geo.country);
  EXPECT_EQ(record.client.as.number, 0U);
  EXPECT_TRUE(record.geo.database_type.empty());
  EXPECT_EQ(record.geo.database_built, std::nullopt);
  EXPECT_EQ(record.geo.as_database_built, std::nullopt);
}

TEST(RecordGeo, WhatTheRecordSaysStays) {
  const GeoSources sources = open_all();
  SessionRecord record = record_of("90.150.180.12", "153.127.30.10");
  record.client.geo.country = *CountryCode::parse("JP");
  record.client.as.number = 64512;
  record.geo.database_type.assign("the sensor's");
  record.geo.vpn = true;
  fill_geo(record, sources);
  EXPECT_EQ(record.client.geo.country.text(), "JP");
  EXPECT_FALSE(record.geo.registered_country);
  EXPECT_EQ(record.client.as.number, 64512U);
  EXPECT_TRUE(record.client.as.organization.empty());
  EXPECT_EQ(record.geo.database_type, "the sensor's");
  EXPECT_TRUE(record.geo.as_database_type.empty());
  EXPECT_EQ(record.geo.vpn, true);
  EXPECT_EQ(record.server.geo.country.text(), "JP");
}

}  // namespace
}  // namespace sekimori
