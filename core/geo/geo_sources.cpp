#include "core/geo/geo_sources.h"

#include <string>
#include <utility>

namespace sekimori {
namespace {

void take_place(GeoAnswer& into, const GeoAnswer& from) noexcept {
  into.country = from.country;
  into.registered_country = from.registered_country;
  into.continent = from.continent;
  into.city = from.city;
  into.latitude = from.latitude;
  into.longitude = from.longitude;
  into.accuracy_radius_km = from.accuracy_radius_km;
}

void fill_traits(GeoAnswer& into, const GeoAnswer& from) noexcept {
  if (into.isp.empty()) into.isp = from.isp;
  if (into.connection_type.empty()) into.connection_type = from.connection_type;
  if (into.user_type.empty()) into.user_type = from.user_type;
  if (!into.is_anycast) into.is_anycast = from.is_anycast;
  if (!into.is_satellite) into.is_satellite = from.is_satellite;
  into.anonymity.merge(from.anonymity);
}

}  // namespace

GeoSources::GeoSources(std::vector<GeoDatabase> databases) noexcept
    : databases_{std::move(databases)} {}

Loaded<GeoSources> GeoSources::open(std::span<const std::filesystem::path> paths) {
  if (paths.size() > kMostDatabases) {
    return tl::unexpected{
        Complaint{paths[kMostDatabases].string(), 0, 0,
                  "more than " + std::to_string(kMostDatabases) + " databases",
                  "keep one for each of: country or city, a second country source, AS, anonymity"}};
  }
  std::vector<GeoDatabase> databases;
  databases.reserve(paths.size());
  for (const std::filesystem::path& path : paths) {
    auto database = GeoDatabase::open(path);
    if (!database) return tl::unexpected{database.error()};
    if (database->coverage().nothing()) {
      return tl::unexpected{
          Complaint{path.string(), 0, 0,
                    "a database of type '" + std::string{database->type().view()} +
                        "' tells neither country nor AS number nor anonymity",
                    "leave it out, or name the vendor's country, city, ASN or anonymous-IP file"}};
    }
    databases.push_back(std::move(*database));
  }
  return GeoSources{std::move(databases)};
}

CombinedGeo GeoSources::find(const IpAddress& address) const noexcept {
  CombinedGeo out;
  for (const GeoDatabase& database : databases_) {
    const GeoAnswer answer = database.find(address);
    if (answer.country && out.place_from == nullptr) {
      take_place(out.answer, answer);
      out.place_from = &database;
    } else if (answer.country && !out.second_country) {
      out.second_country = answer.country;
    }
    if (answer.as_number != 0 && out.number_from == nullptr) {
      out.answer.as_number = answer.as_number;
      out.answer.as_organization = answer.as_organization;
      out.number_from = &database;
    }
    fill_traits(out.answer, answer);
  }
  return out;
}

}  // namespace sekimori
