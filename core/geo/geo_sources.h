#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "core/geo/geo_answer.h"
#include "core/geo/geo_database.h"
#include "core/net/ip_address.h"
#include "core/text/complaint.h"

namespace sekimori {

// What all databases say of one address together.
struct CombinedGeo {
  GeoAnswer answer;
  CountryCode second_country;                // the next database's answer, whether it agrees or not
  const GeoDatabase* place_from = nullptr;   // which one gave the country; lives with GeoSources
  const GeoDatabase* number_from = nullptr;  // which one gave the AS number
};

// The operator's databases in the order of the configuration: of several that know an address the
// first counts, and the second is kept beside it because two sources that differ are evidence
// against both. What a database holds is learned from its records, not declared. Thread-safe.
class GeoSources {
 public:
  // Databases; a lookup visits each of them.
  static constexpr std::size_t kMostDatabases = 8;

  static Loaded<GeoSources> open(std::span<const std::filesystem::path> paths);

  // The place (country, registered country, city, coordinates, radius) comes whole from one
  // database, never mixed. Flags that any database raises are raised.
  CombinedGeo find(const IpAddress& address) const noexcept;

  const std::vector<GeoDatabase>& databases() const noexcept { return databases_; }

 private:
  explicit GeoSources(std::vector<GeoDatabase> databases) noexcept;
  std::vector<GeoDatabase> databases_;
};

}  // namespace sekimori
