#include "sensor/enrich/enricher.h"

#include <bit>
#include <cstring>
#include <utility>

#include "core/geo/record_geo.h"

namespace sekimori {
namespace {

// Multiplied once by an odd number without pattern, whose high bits then depend on all bits below.
std::size_t place_of(const IpAddress& address) noexcept {
  std::uint64_t front = 0;
  std::uint64_t back = 0;
  std::memcpy(&front, address.storage().data(), sizeof front);
  std::memcpy(&back, address.storage().data() + sizeof front, sizeof back);
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
  constexpr int shift = 64 - std::countr_zero(GeoMemory::kPlaces);
  return ((front ^ std::rotl(back * odd, 29)) * odd) >> shift;
}

}  // namespace

const CombinedGeo& GeoMemory::find(const GeoSources& sources, const IpAddress& address) noexcept {
  Remembered& place = places_[place_of(address)];
  if (place.address != address) {
    place.geo = sources.find(address);
    place.address = address;
  }
  return place.geo;
}

Enricher::Enricher(std::shared_ptr<const GeoSources> sources) : sources_{std::move(sources)} {}

void Enricher::enrich(SessionRecord& record) noexcept {
  if (!sources_) return;
  fill_geo(record, clients_.find(*sources_, record.client.ip),
           servers_.find(*sources_, record.server.ip));
}

}  // namespace sekimori
