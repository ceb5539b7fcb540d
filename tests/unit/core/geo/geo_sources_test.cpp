#include "core/geo/geo_sources.h"

#include <initializer_list>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

Loaded<GeoSources> open(std::initializer_list<std::string_view> names) {
  std::vector<std::filesystem::path> paths;
  for (const std::string_view name : names) {
    paths.emplace_back("tests/geo/" + std::string{name} + ".mmdb");
  }
  return GeoSources::open(paths);
}

CombinedGeo find(const GeoSources& sources, std::string_view address) {
  return sources.find(*IpAddress::parse(address));
}

TEST(GeoSources, EachDatabaseGivesWhatItHolds) {
  const auto sources = open({"country", "as", "anonymous"});
  ASSERT_TRUE(sources) << sources.error().text();
  const CombinedGeo vps = find(*sources, "45.32.40.10");
  EXPECT_EQ(vps.answer.country.text(), "JP");
  EXPECT_EQ(vps.answer.registered_country.text(), "US");
  EXPECT_EQ(vps.answer.as_number, 20473U);
  EXPECT_EQ(vps.answer.as_organization, "The Constant Company, LLC");
  EXPECT_EQ(vps.answer.anonymity.get(Anonymity::hosting), true);
  EXPECT_FALSE(vps.second_country);
  ASSERT_NE(vps.place_from, nullptr);
  ASSERT_NE(vps.number_from, nullptr);
  EXPECT_EQ(vps.place_from->type(), "sekimori-test-country");
  EXPECT_EQ(vps.number_from->type(), "sekimori-test-as");

  const CombinedGeo nowhere = find(*sources, "192.0.2.1");
  EXPECT_FALSE(nowhere.answer.country);
  EXPECT_EQ(nowhere.place_from, nullptr);
  EXPECT_EQ(nowhere.number_from, nullptr);
  EXPECT_EQ(nowhere.answer.anonymity.get(Anonymity::hosting), false);
}

TEST(GeoSources, TheFirstCountsAndTheSecondIsKept) {
  const auto forward = open({"country", "flat"});
  ASSERT_TRUE(forward);
  const CombinedGeo first = find(*forward, "90.150.180.12");
  EXPECT_EQ(first.answer.country.text(), "RU");
  EXPECT_EQ(first.second_country.text(), "JP");
  EXPECT_TRUE(first.answer.city.empty()) << "the city of another database's country";
  EXPECT_EQ(first.answer.latitude, std::nullopt);

  const auto backward = open({"flat", "country"});
  ASSERT_TRUE(backward);
  const CombinedGeo second = find(*backward, "90.150.180.12");
  EXPECT_EQ(second.answer.country.text(), "JP");
  EXPECT_EQ(second.answer.city, "Tokyo");
  EXPECT_EQ(second.second_country.text(), "RU");
  // Only one of the two has it.
  EXPECT_EQ(find(*backward, "113.239.176.14").answer.country.text(), "CN");
  EXPECT_FALSE(find(*backward, "113.239.176.14").second_country);
}

TEST(GeoSources, NoDatabaseKnowsNothing) {
  const auto sources = GeoSources::open({});
  ASSERT_TRUE(sources);
  EXPECT_EQ(find(*sources, "133.11.0.1").answer, GeoAnswer{});
}

TEST(GeoSources, ComplainsOfTheFileAtFault) {
  const auto missing = open({"country", "missing"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().file, "tests/geo/missing.mmdb");

  const auto many = open({"as", "as", "as", "as", "as", "as", "as", "as", "as"});
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().what, "more than 8 databases");
  EXPECT_TRUE(open({"as", "as", "as", "as", "as", "as", "as", "as"}));
}

TEST(GeoSources, ADatabaseWithoutAnyUseIsNamed) {
  const auto sources = open({"empty"});
  ASSERT_FALSE(sources);
  EXPECT_EQ(sources.error().file, "tests/geo/empty.mmdb");
  EXPECT_NE(sources.error().what.find("'sekimori-test-Domain'"), std::string::npos);
}

}  // namespace
}  // namespace sekimori
