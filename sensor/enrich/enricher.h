#pragma once

#include <array>
#include <memory>
#include <vector>

#include "core/geo/geo_sources.h"
#include "core/record/session_record.h"

namespace sekimori {

// What the databases said of the addresses that were asked for last: servers are few, and a client
// comes back. An address has one place, which the next one with the same place takes.
class GeoMemory {
 public:
  static constexpr std::size_t kPlaces = 512;  // a power of two; half a kilobyte each

  // Throws std::bad_alloc; only at start.
  GeoMemory() : places_(kPlaces) {}

  // Valid until the next call.
  const CombinedGeo& find(const GeoSources& sources, const IpAddress& address) noexcept;

 private:
  struct Remembered {
    IpAddress address;  // none: the place is free
    CombinedGeo geo;
  };
  std::vector<Remembered> places_;
};

// The sensor's stage between classifying and matching: geo and AS onto a record, with the types and
// dates of the databases. One for each shard; the sources are shared by all, which only read.
class Enricher {
 public:
  // Without sources every record passes unchanged, and the collector fills it in. Throws
  // std::bad_alloc; only at start.
  explicit Enricher(std::shared_ptr<const GeoSources> sources);

  void enrich(SessionRecord& record) noexcept;

 private:
  std::shared_ptr<const GeoSources> sources_;
  GeoMemory clients_;
  GeoMemory servers_;
};

}  // namespace sekimori
