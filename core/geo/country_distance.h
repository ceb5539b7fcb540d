#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/geo/distance.h"
#include "core/net/country.h"
#include "core/text/complaint.h"

namespace sekimori {

// One polygon and the countries that it counts for: several where a place is disputed or where a
// territory has a sovereign. The first ring is the outer one, the others are holes; a ring closes
// by itself, and one point alone is an island.
struct CountryShape {
  std::vector<CountryCode> codes;
  std::vector<std::vector<Site>> rings;
};

struct CountryShapes {
  double margin_km = 0;  // no point of a real country is farther from its shape
  std::vector<CountryShape> shapes;
};

// Reads the text of config/country_shapes.tsv; `file` is its name for complaints.
Loaded<CountryShapes> parse_country_shapes(std::string_view text, std::string_view file);

// How near each country comes to a few sites. Computed once, some 20 ms for each site; lookups from
// any number of threads.
class CountryDistances {
 public:
  static Loaded<CountryDistances> load(const std::filesystem::path& shapes,
                                       std::span<const Site> sites);

  CountryDistances(const CountryShapes& shapes, std::span<const Site> sites);

  // Kilometres from the site to the nearest point of the country, 0 inside. Never more than the
  // truth: the shapes' margin is taken off. Nothing for a code that is no country, and for a site
  // that was not named at the start.
  std::optional<double> nearest_km(CountryCode country, const Site& site) const noexcept;

 private:
  struct Table {
    Site site;
    std::map<CountryCode, double> km;
  };
  std::vector<Table> tables_;
};

}  // namespace sekimori
