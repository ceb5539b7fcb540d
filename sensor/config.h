#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/net/listen_address.h"
#include "core/rules/pack_files.h"
#include "core/text/yaml_map.h"
#include "sensor/capture/live_source.h"
#include "sensor/file_run.h"
#include "sensor/spool/spool.h"

namespace sekimori {

// Where finished records go; all empty when the sensor ships nothing (replay).
struct ShipConfig {
  std::string collector;      // ZeroMQ endpoint: "tcp://192.0.2.10:7355"
  std::string collector_key;  // path of the collector's public key
  struct Collector {
    std::string collector, collector_key;
  };
  std::vector<Collector> others;  // in the order in which they are tried
  std::string key;                // path of this sensor's secret key
  std::string spool;              // folder of the spool; empty: batches are kept in memory alone
  SpoolLimits spool_limits;
};

// What names sessions that no parser of ours knows; see ClassifierProcess.
struct ClassifierConfig {
  bool on = true;
  std::uint32_t most_per_second = 20'000;  // requests of each worker, on interfaces
};

// Everything an operator may say to a sensor; config/sensor.yaml holds each key with its default.
struct SensorConfig {
  RunSettings run;
  std::vector<std::string> databases;  // mmdb files, the first with an answer wins
  std::string rules;                   // directory of session rules; empty: none
  std::string regions;                 // file of the lists that rules name as %name%
  ShipConfig ship;
  CaptureSettings capture;
  ClassifierConfig classifier;
  std::optional<ListenAddress> metrics;  // absent: not served
  std::string user;  // the account to become when started as root; empty: see Confinement

  PackFiles pack() const { return {rules, regions}; }
};

// Relative paths are taken from the folder of the configuration file.
LoadedAll<SensorConfig> load_sensor_config(const std::string& path);

// What is wrong with a list of interfaces; empty: nothing. For the command line too.
std::optional<Complaint> fault_of_interfaces(const std::vector<std::string>& names);

// The same from a map inside another file; complaints go where the map's go.
SensorConfig read_sensor_config(YamlMap& map);

}  // namespace sekimori
