#include "sensor/enrich/enricher.h"

#include <utility>

#include "core/geo/record_geo.h"

namespace sekimori {

Enricher::Enricher(std::shared_ptr<const GeoSources> sources) noexcept
    : sources_{std::move(sources)} {}

void Enricher::enrich(SessionRecord& record) const noexcept {
  if (sources_) fill_geo(record, *sources_);
}

}  // namespace sekimori
