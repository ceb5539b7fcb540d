#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/rules/pack_slot.h"
#include "sensor/classify/classifier_process.h"
#include "sensor/counters.h"
#include "sensor/file_run.h"
#include "sensor/live_run.h"
#include "sensor/shard.h"
#include "sensor/ship/publisher.h"

namespace sekimori {

// What became of packets and sessions: the same that the last report counts.
struct PacketTotals {
  FrameCounters frames;
  ShardTotals shards;
  std::vector<InterfaceCounters> interfaces;  // none when files are read
};
PacketTotals packet_totals(const LiveCounters& counters);
PacketTotals packet_totals(const RunTotals& totals);

// What a thread that reads files has counted, for whoever asks meanwhile.
class ReadingProgress {
 public:
  void tell(const PacketTotals& totals) {
    const std::lock_guard lock{mutex_};
    told_ = totals;
  }
  PacketTotals get() const {
    const std::lock_guard lock{mutex_};
    return told_;
  }

 private:
  mutable std::mutex mutex_;
  PacketTotals told_;
};

// As Prometheus reads it; every name begins with sekimori_sensor_. On any thread. `classifier`:
// null when there is none.
std::string sensor_metrics(const PacketTotals& packets, const Publisher& publisher,
                           const ClassifierProcess* classifier, const PackSlot& rules,
                           std::string_view observer);

}  // namespace sekimori
