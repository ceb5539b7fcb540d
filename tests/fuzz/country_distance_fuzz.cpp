#include <cmath>
#include <cstdlib>
#include <string_view>

#include "core/geo/country_distance.h"

namespace {

constexpr sekimori::Site kSites[] = {{35.6812, 139.7671}, {-89.5, 0}, {0, 180}};

}  // namespace

// Whatever is read: a country is never farther than a corner of its own shapes, and never nearer
// than nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto shapes = sekimori::parse_country_shapes(text, "fuzz");
  if (!shapes) return 0;
  const sekimori::CountryDistances distances{*shapes, kSites};
  for (const sekimori::CountryShape& shape : shapes->shapes) {
    for (const sekimori::CountryCode country : shape.codes) {
      for (const sekimori::Site& site : kSites) {
        const auto km = distances.nearest_km(country, site);
        if (!km || !std::isfinite(*km) || *km < 0) std::abort();
        for (const sekimori::Site& corner : shape.rings.front()) {
          // Rounding; the corner itself is a candidate.
          if (*km > sekimori::great_circle_km(site, corner) + 1e-6) std::abort();
        }
      }
    }
  }
  return 0;
}
