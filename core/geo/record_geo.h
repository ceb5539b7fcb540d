#pragma once

#include "core/geo/geo_sources.h"
#include "core/record/session_record.h"

namespace sekimori {

// Writes what the databases say onto a record: place and AS of both sides, and for the client the
// detail with the types and dates of the databases that answered. What the record already says
// stays, so a collector fills in what a sensor without databases left out. No allocation.
void fill_geo(SessionRecord& record, const GeoSources& sources) noexcept;

// The same with what the sources said of the record's addresses.
void fill_geo(SessionRecord& record, const CombinedGeo& client, const CombinedGeo& server) noexcept;

}  // namespace sekimori
