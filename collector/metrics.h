#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/arrivals.h"
#include "collector/join/joiner.h"
#include "collector/judge/verdict.h"
#include "collector/receive/record_receiver.h"
#include "core/record/batch.h"
#include "core/rules/correlator.h"
#include "core/rules/rule_tally.h"

namespace sekimori {

inline constexpr std::size_t kMismatchCount = 4;

// How far each sensor has come, by what was committed of it. Any thread.
class SensorProgress {
 public:
  struct One {
    std::uint64_t batches = 0, records = 0;
    Timestamp arrived;                // of the last batch
    std::optional<Timestamp> newest;  // packet in that batch; nothing: it had no record
  };

  void note(const Batch& batch, Timestamp arrival);
  std::map<std::string, One, std::less<>> get() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, One, std::less<>> sensors_;  // as many as are allowed in
};

// What a collector can say of itself.
struct CollectorTotals {
  std::optional<ReceiverCounters> receiver;
  std::map<std::string, SensorProgress::One, std::less<>> sensors;
  Arrivals::Waiting waiting;
  // Of the last turn, at most kTotalsAge old.
  struct Judged {
    JoinCounters join;
    std::array<std::uint64_t, kMismatchCount> verdicts{};  // by Mismatch
    std::uint64_t purged = 0;
    std::string pack;               // hash
    std::vector<RuleTotals> rules;  // of category claim, and correlations
    CorrelationTotals correlations;
  } judged;
  bool store_failing = false;
  std::uint64_t store_bytes = 0, store_log_bytes = 0;  // files
};
inline constexpr std::chrono::seconds kTotalsAge{1};

// One line for `systemctl status`.
std::string collector_status(const CollectorTotals& totals);

// As Prometheus reads it; every name begins with sekimori_collector_.
std::string collector_metrics(const CollectorTotals& totals);

}  // namespace sekimori
