#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/health/service_notify.h"
#include "sensor/config.h"
#include "sensor/live_run.h"
#include "sensor/metrics.h"
#include "sensor/ship/publisher.h"

namespace sekimori {

struct Outcome {
  bool readable = true;  // every capture to its end
  PacketTotals packets;
};

// What a run is told and tells.
struct RunControl {
  std::function<bool()> stopped;
  std::function<bool()> keeps_waiting;  // for a collector that takes nothing
  std::function<void()> running;        // called once: packets are read from now on
  ServiceNotify& notify;
};

// Captures until it is stopped. The watchdog hears of it for as long as every thread goes round.
Outcome run_live(LiveRun& live, const FinisherFactory& finishers, Publisher& publisher,
                 const RunControl& control);

// Reads captures in their order. No word to the watchdog: a pipe may be silent, and a file waits
// for its collector, both for hours.
Outcome run_files(const SensorConfig& config, const FinisherFactory& finishers,
                  Publisher& publisher, const std::vector<std::string>& captures,
                  ReadingProgress& progress, const RunControl& control);

}  // namespace sekimori
