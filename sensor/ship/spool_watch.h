#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "sensor/spool/spool.h"

namespace sekimori {

// Tells the operator that a spool's disk takes nothing, and that the spool gave something up: when
// it begins, and once a minute while it goes on.
class SpoolWatch {
 public:
  using Clock = std::chrono::steady_clock;
  using Warn = std::function<void(const std::string& line)>;
  static constexpr std::chrono::minutes kInterval{1};

  void look(const SpoolCounters& now, Clock::time_point at, const Warn& warn) {
    if (warn && now.failed_writes > failed_ && at >= failed_due_) {
      failed_due_ = at + kInterval;
      warn(
          "the spool's disk takes nothing (is it full?): batches stay in memory, and what finds no "
          "room there is lost and counted");
    }
    if (warn && now.lost_records > lost_ && at >= lost_due_) {
      lost_due_ = at + kInterval;
      warn("the spool is full: " + std::to_string(now.lost_records) +
           " records were given up so far, the oldest first; is the collector reached?");
    }
    failed_ = now.failed_writes;
    lost_ = now.lost_records;
  }

 private:
  std::uint64_t failed_ = 0, lost_ = 0;
  Clock::time_point failed_due_{}, lost_due_{};
};

}  // namespace sekimori
