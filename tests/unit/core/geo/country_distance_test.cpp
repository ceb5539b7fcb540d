#include "core/geo/country_distance.h"

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

constexpr Site kTokyo{35.6812, 139.7671};
constexpr Site kOsaka{34.6937, 135.5023};
constexpr Site kFrankfurt{50.1109, 8.6821};

CountryCode code(std::string_view text) {
  return CountryCode::parse(text).value_or(CountryCode{});
}

// Two squares of two degrees at the equator, the second with a hole of one degree and an island;
// and a point by the date line.
constexpr std::string_view kTwo =
    "# made by hand\n"
    "margin_km\t10\n"
    "AA\t0 0,2 0,2 2,0 2\n"
    "\n"
    "BB,CC\t10 0,12 0,12 2,10 2;10.5 0.5,11.5 0.5,11.5 1.5,10.5 1.5\n"
    "BB\t20 0\n"
    "DD\t179 0\n";

double nearest(const CountryShapes& shapes, std::string_view country, const Site& site) {
  const Site sites[] = {site};
  return CountryDistances{shapes, sites}.nearest_km(code(country), site).value_or(-1);
}

TEST(CountryShapes, NearestIsTheEdgeAndNotTheCorner) {
  const auto shapes = parse_country_shapes(kTwo, "two.tsv");
  ASSERT_TRUE(shapes) << shapes.error().text();
  EXPECT_EQ(shapes->margin_km, 10);
  constexpr double degree = 111.195;  // of a great circle of 6,371.0088 km
  struct Case {
    std::string_view what;
    std::string_view country;
    Site site;
    double km;  // before the margin; 0: inside or within the margin
  };
  const Case cases[] = {
      {"inside", "AA", {1, 1}, 0},
      {"west of an edge's middle", "AA", {1, -3}, 3 * degree},
      {"south of the corner's meridian", "AA", {-2, 0}, 2 * degree},
      {"outside, within the margin", "AA", {1, -0.05}, 0},
      {"in the hole", "BB", {1, 11}, degree / 2},
      {"in the wall around the hole", "CC", {1, 10.25}, 0},
      {"an island counts for its country", "BB", {0, 23}, 3 * degree},
      {"and for no other", "CC", {0, 23}, 11 * degree},
      {"across the date line", "DD", {0, -178}, 3 * degree},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    EXPECT_NEAR(nearest(*shapes, row.country, row.site), std::max(0.0, row.km - 10), 0.2);
  }
}

TEST(CountryShapes, KnowsOnlyListedCountriesAndNamedSites) {
  const auto shapes = parse_country_shapes(kTwo, "two.tsv");
  ASSERT_TRUE(shapes);
  const Site sites[] = {kTokyo, kOsaka};
  const CountryDistances distances{*shapes, sites};
  EXPECT_TRUE(distances.nearest_km(code("AA"), kTokyo));
  EXPECT_TRUE(distances.nearest_km(code("AA"), kOsaka));
  EXPECT_FALSE(distances.nearest_km(code("ZZ"), kTokyo));
  EXPECT_FALSE(distances.nearest_km(CountryCode{}, kTokyo));
  EXPECT_FALSE(distances.nearest_km(code("AA"), kFrankfurt));
}

TEST(CountryShapes, ComplainsOfTheLineAtFault) {
  struct Case {
    std::string_view what;
    std::string_view text;
    std::uint32_t line;
  };
  const Case cases[] = {
      {"nothing", "", 0},
      {"no margin", "AA\t0 0\n", 0},
      {"no polygon", "margin_km\t10\n", 0},
      {"a margin that is none", "margin_km\tten\nAA\t0 0\n", 1},
      {"a margin below nothing", "margin_km\t-1\nAA\t0 0\n", 1},
      {"no tab", "margin_km\t10\nAA 0 0\n", 2},
      {"no point", "margin_km\t10\nAA\t\n", 2},
      {"no code", "margin_km\t10\n\t0 0\n", 2},
      {"a code of three letters", "margin_km\t10\nAAA\t0 0\n", 2},
      {"half a point", "margin_km\t10\nAA\t0 0,1\n", 2},
      {"an empty point", "margin_km\t10\nAA\t0 0,,1 1\n", 2},
      {"an empty ring", "margin_km\t10\nAA\t0 0;;1 1\n", 2},
      {"beyond the pole", "margin_km\t10\nAA\t0 90.1\n", 2},
      {"beyond the date line", "margin_km\t10\n# so\nAA\t-180.1 0\n", 3},
      {"not a number", "margin_km\t10\nAA\tnan 0\n", 2},
      {"a text", "a text that is no table\n", 1},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const auto shapes = parse_country_shapes(row.text, "shapes.tsv");
    ASSERT_FALSE(shapes);
    EXPECT_EQ(shapes.error().file, "shapes.tsv");
    EXPECT_EQ(shapes.error().line, row.line);
    EXPECT_FALSE(shapes.error().way_out.empty());
  }
  const Site sites[] = {kTokyo};
  EXPECT_FALSE(CountryDistances::load("config/none.tsv", sites));
}

// A cut point is no point: what is cut loses its last line or is refused, and invents nothing.
TEST(CountryShapes, APrefixInventsNothing) {
  const std::string_view text = "margin_km\t10\nAA\t10 20,30 40\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto shapes = parse_country_shapes(text.substr(0, size), "shapes.tsv");
    if (!shapes) continue;
    for (const Site& corner : shapes->shapes.front().rings.front()) {
      EXPECT_TRUE(corner.longitude == 10 || corner.longitude == 30 || corner.longitude == 3)
          << size;
    }
  }
}

TEST(CountryDistances, FromTokyoAsByIndependentComputation) {
  const Site sites[] = {kTokyo, kOsaka, kFrankfurt};
  const auto distances = CountryDistances::load("config/country_shapes.tsv", sites);
  ASSERT_TRUE(distances) << distances.error().text();
  struct Case {
    std::string_view country;
    Site site;
    double km;       // to the nearest place that was found by hand: an upper bound for the table
    double play_km;  // the margin of 18, and where the real border passes that place
  };
  const Case cases[] = {
      {"RU", kTokyo, 948, 25},   // Preobrazheniye
      {"CN", kTokyo, 1090, 25},  // Fangchuan
      {"KP", kTokyo, 1047, 20},  // Cape Musudan, 40.83 N 129.72 E
      {"PH", kTokyo, 2373, 20},  // Mavulis, 21.11 N 121.95 E
      {"RU", kOsaka, 922, 30},   // Preobrazheniye
      {"CN", kOsaka, 958, 20},   // Fangchuan
      {"KP", kOsaka, 770, 20},   // the coast at the demarcation line, 38.6 N 128.36 E
      {"HK", kTokyo, 2885, 60}, {"JP", kTokyo, 0, 0},
      {"DE", kFrankfurt, 0, 0}, {"LU", kFrankfurt, 160, 20},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.country);
    const auto km = distances->nearest_km(code(row.country), row.site);
    ASSERT_TRUE(km);
    EXPECT_LE(*km, row.km);
    EXPECT_GE(*km, row.km - row.play_km);
  }
}

TEST(CountryDistances, DisputedPlacesCountForEveryClaim) {
  // Kunashir from Nemuro; Simferopol; Kinmen; Hotan's plain is undisputed.
  const Site nemuro{43.33, 145.58};
  const Site simferopol{44.95, 34.1};
  const Site kinmen{24.45, 118.38};
  const Site sites[] = {nemuro, simferopol, kinmen};
  const auto distances = CountryDistances::load("config/country_shapes.tsv", sites);
  ASSERT_TRUE(distances);
  EXPECT_LT(distances->nearest_km(code("RU"), nemuro).value_or(999), 40);
  EXPECT_EQ(distances->nearest_km(code("UA"), simferopol), 0);
  EXPECT_EQ(distances->nearest_km(code("RU"), simferopol), 0);
  EXPECT_EQ(distances->nearest_km(code("CN"), kinmen), 0);
  EXPECT_EQ(distances->nearest_km(code("TW"), kinmen), 0);
}

// Capitals and other inhabited places, by common knowledge of where they lie: a country never seems
// farther than one of its own towns.
TEST(CountryDistances, NoCountryIsFartherThanItsTowns) {
  struct Town {
    std::string_view country;
    Site site;
  };
  const Town towns[] = {
      {"HK", {22.2819, 114.1589}}, {"MO", {22.1987, 113.5439}},  {"SG", {1.2903, 103.8519}},
      {"BN", {4.9031, 114.9398}},  {"KH", {11.5564, 104.9282}},  {"ID", {-6.2088, 106.8456}},
      {"LA", {17.9757, 102.6331}}, {"MY", {3.1390, 101.6869}},   {"MM", {16.8409, 96.1735}},
      {"PH", {20.4487, 121.9702}}, {"TH", {13.7563, 100.5018}},  {"TL", {-8.5569, 125.5603}},
      {"VN", {21.0278, 105.8342}}, {"KP", {39.0392, 125.7625}},  {"RU", {43.1155, 131.8855}},
      {"TW", {25.0330, 121.5654}}, {"GI", {36.1408, -5.3536}},   {"VA", {41.9029, 12.4534}},
      {"MC", {43.7384, 7.4246}},   {"TV", {-8.5211, 179.1962}},  {"NR", {-0.5477, 166.9209}},
      {"MV", {4.1755, 73.5093}},   {"GF", {4.9224, -52.3135}},   {"RE", {-20.8789, 55.4481}},
      {"SJ", {78.2232, 15.6267}},  {"CX", {-10.4217, 105.6791}}, {"TK", {-9.3800, -171.2500}},
      {"BQ", {12.1443, -68.2655}}, {"XK", {42.6629, 21.1655}},   {"FJ", {-18.1416, 178.4419}},
      {"KI", {1.3290, 172.9790}},  {"US", {13.4443, 144.7937}},  {"PR", {18.4655, -66.1057}},
      {"AX", {60.0973, 19.9348}},  {"GG", {49.4555, -2.5368}},   {"IO", {-7.3133, 72.4111}},
  };
  std::vector<Site> sites;
  for (const Town& town : towns) sites.push_back(town.site);
  sites.push_back(kTokyo);
  const auto distances = CountryDistances::load("config/country_shapes.tsv", sites);
  ASSERT_TRUE(distances);
  for (const Town& town : towns) {
    SCOPED_TRACE(town.country);
    EXPECT_EQ(distances->nearest_km(code(town.country), town.site), 0);
    const double km = distances->nearest_km(code(town.country), kTokyo).value_or(1e9);
    EXPECT_LE(km, great_circle_km(kTokyo, town.site));
  }
}

// ISO 3166-1 as Debian's iso-codes lists it: 249 codes; plus XK, which databases use for Kosovo.
TEST(CountryDistances, ListsEveryCountry) {
  std::ifstream file{"tests/geo/iso_3166_1.txt"};
  const Site sites[] = {kTokyo};
  const auto distances = CountryDistances::load("config/country_shapes.tsv", sites);
  ASSERT_TRUE(distances);
  std::size_t count = 0;
  for (std::string line; file >> line; ++count) {
    EXPECT_TRUE(distances->nearest_km(code(line), kTokyo)) << line;
  }
  EXPECT_EQ(count, 249U);
}

}  // namespace
}  // namespace sekimori
