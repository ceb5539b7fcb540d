#pragma once

#include <string_view>
#include <vector>

#include "collector/store/sqlite.h"
#include "core/record/batch.h"

namespace sekimori {

// The loss windows of all sensors, as one table of the store, and the sessions that they touch.
// Used inside the store's transactions and under its lock. False: a fault, which the connection
// names.
class LossTable {
 public:
  LossTable() = default;
  explicit LossTable(sqlite3* database);

  // Keeps the batch's own windows; the same again is there once.
  bool put(const Batch& batch);
  // The windows of that sensor that touch sessions begun in that time.
  bool find(std::string_view sensor, Timestamp first_start, Timestamp last_start,
            std::vector<LossWindow>& out);
  // Marks the sensor's sessions that are stored already and adds them to `out`. Windows come within
  // seconds of what they touch, so only the newest kMarkLimit sessions are looked at.
  bool mark_stored(const Batch& batch, std::vector<SessionRecord>& out);
  bool purge(Timestamp before);

 private:
  static constexpr std::int64_t kMarkLimit = 32'768;
  SqliteStatement put_, find_, recent_, mark_, purge_;
};

}  // namespace sekimori
