#include "core/geo/distance.h"

#include <string_view>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using namespace std::chrono_literals;

constexpr Site kTokyo{35.6812, 139.7671};

// Great-circle distances from Tokyo station and the round trips that light needs for them at
// 206 km/ms, computed independently; the places' coordinates are those of their centres, so a few
// kilometres of play.
TEST(Distance, FromTokyo) {
  struct Case {
    std::string_view place;
    Site site;
    double km;
    double floor_ms;
  };
  const Case cases[] = {
      {"Osaka", {34.6937, 135.5023}, 403, 3.9},
      {"Naha", {26.2124, 127.6809}, 1559, 15.1},
      {"Seoul", {37.5665, 126.9780}, 1159, 11.3},
      {"Vladivostok", {43.1155, 131.8855}, 1068, 10.4},
      {"Pyongyang", {39.0392, 125.7625}, 1291, 12.5},
      {"Dandong", {40.1292, 124.3947}, 1434, 13.9},
      {"Shanghai", {31.2304, 121.4737}, 1765, 17.1},
      {"Beijing", {39.9042, 116.4074}, 2099, 20.4},
      {"Hong Kong", {22.3193, 114.1694}, 2885, 28.0},
      {"Manila", {14.5995, 120.9842}, 2999, 29.1},
      {"Hanoi", {21.0278, 105.8342}, 3673, 35.7},
      {"Singapore", {1.3521, 103.8198}, 5320, 51.6},
      {"Moscow", {55.7558, 37.6173}, 7483, 72.7},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.place);
    const double km = great_circle_km(kTokyo, row.site);
    EXPECT_NEAR(km, row.km, 6);
    EXPECT_NEAR(2 * km / 206, row.floor_ms, 0.11);
    EXPECT_DOUBLE_EQ(great_circle_km(row.site, kTokyo), km);
  }
}

TEST(Distance, AcrossTheDateLineAndThePoles) {
  EXPECT_NEAR(great_circle_km({0, 179.5}, {0, -179.5}), 111.195, 0.01);
  EXPECT_NEAR(great_circle_km({90, 0}, {90, 120}), 0, 1e-6);
  EXPECT_NEAR(great_circle_km({10, 20}, {-10, -160}), 20015.1, 0.1);
  EXPECT_EQ(great_circle_km(kTokyo, kTokyo), 0);
}

TEST(Distance, LightReach) {
  EXPECT_DOUBLE_EQ(light_reach_km(3ms, Medium::fibre), 309);
  EXPECT_DOUBLE_EQ(light_reach_km(67ms, Medium::fibre), 6901);
  EXPECT_DOUBLE_EQ(light_reach_km(3ms, Medium::vacuum), 450);
  EXPECT_DOUBLE_EQ(light_reach_km(0ms, Medium::vacuum), 0);
}

TEST(Distance, LightForbidsOnlyBeyondEveryMargin) {
  // 309 km of reach.
  EXPECT_TRUE(light_forbids(7483, 3ms, Medium::fibre, 0));
  EXPECT_FALSE(light_forbids(359, 3ms, Medium::fibre, 0));
  EXPECT_TRUE(light_forbids(359.1, 3ms, Medium::fibre, 0));
  EXPECT_FALSE(light_forbids(559, 3ms, Medium::fibre, 100));
  EXPECT_TRUE(light_forbids(559.1, 3ms, Medium::fibre, 100));
  EXPECT_FALSE(light_forbids(500, 3ms, Medium::vacuum, 0));
  EXPECT_FALSE(light_forbids(7483, 75ms, Medium::fibre, 0));
}

TEST(Distance, SatelliteNetworksCrossVacuum) {
  EXPECT_EQ(medium_of(14593), Medium::vacuum);
  EXPECT_EQ(medium_of(800), Medium::vacuum);
  EXPECT_EQ(medium_of(400110), Medium::vacuum);
  EXPECT_EQ(medium_of(4713), Medium::fibre);
  EXPECT_EQ(medium_of(0), Medium::fibre);
}

}  // namespace
}  // namespace sekimori
