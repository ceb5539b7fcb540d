#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sensor/shard.h"

namespace sekimori {

struct ReplayOptions {
  std::vector<std::string> captures;
  std::string config;                  // empty: defaults, no databases, no rules
  std::vector<std::string> claims;     // files
  std::string sessions, verdicts;      // files or "-"; empty: not wanted
  std::string store;                   // SQLite file; empty: none
  std::optional<std::size_t> workers;  // else as configured
  bool starts = false;
  bool check_only = false;  // only say whether the configuration is sound
  bool progress = false;    // on standard error
};

// Runs the sensor's and the collector's stages in one process, in packet time. `go_on` is asked now
// and then and ends the run early, with what was read. Returns an ExitCode; everything that went
// wrong has been said on standard error.
int run_replay(const ReplayOptions& options, const std::function<bool()>& go_on);

}  // namespace sekimori
