#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collector/join/joiner.h"
#include "core/geo/distance.h"
#include "core/net/ip_address.h"
#include "core/net/listen_address.h"
#include "core/rules/pack_files.h"
#include "core/text/complaint.h"
#include "core/text/yaml_map.h"

namespace sekimori {

// What turns records and claims into verdicts; the same for the service and for a replay.
struct JudgingConfig {
  JoinSettings join;  // `answers` is the program's choice and not the operator's
  std::vector<std::string> databases;
  std::string rules;           // directory; empty: none, and then every mismatch is unknown
  std::string regions;         // file of %placeholders%; empty: none
  std::string country_shapes;  // file; empty: nothing is said to be impossible
  std::optional<Site> site;    // of sensors that `sites` does not name
  std::map<std::string, Site, std::less<>> sites;  // by observer

  PackFiles pack() const { return {rules, regions}; }
};

struct ReceiveConfig {
  std::string listen;             // ZeroMQ endpoint; empty: no records are received
  std::string key;                // path of the collector's secret key
  std::string sensors;            // directory of the sensors' public keys
  std::uint64_t quota = 0;        // records a second of each sensor; 0: no limit
  std::uint64_t connections = 0;  // of one address at one time
  std::string quarantine;         // directory; empty: what cannot be read is not kept
};

struct HttpConfig {
  std::optional<IpAddress> address;  // absent: no HTTP
  std::uint16_t port = 0;
  std::string token;  // path
};

struct StoreConfig {
  std::string path;              // empty: none, only for a replay
  std::chrono::hours retention;  // 0: for ever
  std::uint64_t size_limit = 0;  // bytes; 0: the disk's
};

// Everything an operator may say to a collector; config/collector.yaml holds each key with its
// default.
struct CollectorConfig {
  JudgingConfig judging;
  ReceiveConfig receive;
  HttpConfig http;
  StoreConfig store;
  std::optional<ListenAddress> metrics;  // absent: not served
  std::string verdicts;                  // file of JSON lines; "-": standard output; empty: none
};

// Relative paths are taken from the folder of the configuration file.
LoadedAll<CollectorConfig> load_collector_config(const std::string& path);

// The same from a map inside another file; complaints go where the map's go.
CollectorConfig read_collector_config(YamlMap& map);

// What the service needs and a replay does not: somewhere to keep things and somewhere to hear them
// from.
std::vector<Complaint> missing_for_service(const CollectorConfig& config, const std::string& path);

}  // namespace sekimori
