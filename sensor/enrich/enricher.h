#pragma once

#include <memory>

#include "core/geo/geo_sources.h"
#include "core/record/session_record.h"

namespace sekimori {

// The sensor's stage between classifying and matching: geo and AS onto a record, with the types and
// dates of the databases. Shared by all shards, which only read.
class Enricher {
 public:
  // Without sources every record passes unchanged, and the collector fills it in.
  explicit Enricher(std::shared_ptr<const GeoSources> sources) noexcept;

  void enrich(SessionRecord& record) const noexcept;

 private:
  std::shared_ptr<const GeoSources> sources_;
};

}  // namespace sekimori
