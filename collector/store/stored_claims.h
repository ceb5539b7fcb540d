#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "collector/join/observation.h"
#include "collector/store/sqlite.h"
#include "core/text/complaint.h"

namespace sekimori {

// What a collector that starts again reads of the claims it has taken. Used under the store's lock.
class StoredClaims {
 public:
  // In the error: what cannot be read; empty: a fault, which the connection names.
  using Read = tl::expected<void, std::string>;

  explicit StoredClaims(sqlite3* database) : database_{database} {}

  // Claims without a verdict, or with one that rests on a session's start alone, in order of
  // arrival.
  Read open_since(Timestamp arrival, const std::function<void(Claim)>& take);
  // The others as they were judged, in order of claim time, then id; of more than `most` the
  // newest. A session that is past its retention is missing from its observation.
  Read judged_since(Timestamp time, std::size_t most,
                    const std::function<void(const Observation&)>& take);

 private:
  Read read_sessions(SqliteStatement& ids, SqliteStatement& records, Observation& observation);

  sqlite3* database_;
};

}  // namespace sekimori
