#pragma once

#include <chrono>
#include <cstdint>

namespace sekimori {

// A point on the globe in degrees, north and east positive.
struct Site {
  double latitude = 0;
  double longitude = 0;

  friend bool operator==(const Site&, const Site&) = default;
};

// Over a sphere of the Earth's mean radius; within 0.6 % of the ellipsoid.
double great_circle_km(const Site& from, const Site& to) noexcept;

// What carries the signal: satellite links cross vacuum, everything else is mostly glass.
enum class Medium : std::uint8_t { fibre, vacuum };

// By the network's AS number: operators of satellite access, as listed in distance.cpp.
Medium medium_of(std::uint32_t as_number) noexcept;

// The farthest that an end can be which answered after this round trip. A bound and no estimate:
// real paths are longer and slower, never shorter or faster.
double light_reach_km(std::chrono::nanoseconds rtt, Medium medium) noexcept;

// Kilometres by which a distance must exceed the reach before it is called impossible: the sphere's
// error at 7,500 km (45 km), and where exactly site and far end stand.
inline constexpr double kLightMarginKm = 50;

// Whether physics forbids that an end which answered after `rtt` is `distance_km` away. The
// accuracy radius counts twice because only two thirds of addresses lie within it; 0 when there is
// none.
bool light_forbids(double distance_km, std::chrono::nanoseconds rtt, Medium medium,
                   std::uint32_t accuracy_radius_km) noexcept;

}  // namespace sekimori
