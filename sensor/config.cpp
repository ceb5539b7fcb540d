#include "sensor/config.h"

#include <algorithm>
#include <filesystem>

#include "core/net/yaml_types.h"

namespace sekimori {
namespace {

constexpr YamlWord<Vantage> kVantages[] = {{"edge", Vantage::edge}, {"egress", Vantage::egress}};
constexpr YamlWord<bool> kClassifiers[] = {{"ndpi", true}, {"off", false}};
constexpr YamlWord<Path> kPaths[] = {
    {"undeclared", Path::undeclared}, {"direct", Path::direct}, {"l4", Path::l4}, {"l7", Path::l7}};

// Slots of all partitions together; below one a partition could hold nothing.
constexpr std::uint64_t kFewestFlows = kPartitions;
constexpr std::uint64_t kMostFlows = 64'000'000;  // 16 GiB of slots
constexpr std::uint64_t kMostStreamHeads = 1'000'000;
constexpr std::uint64_t kMostFirstPackets = 4'000'000;  // 4 GiB
constexpr std::uint64_t kMostPerSecond = 1'000'000;

// Below this a ring is a single block; above it libpcap's 32 bits of bytes end.
constexpr std::uint64_t kSmallestRing = std::uint64_t{1} << 20U;
constexpr std::uint64_t kLargestRing = std::uint64_t{2047} << 20U;
constexpr std::uint64_t kSmallestSnaplen = 128;  // link, IPv6 and TCP headers with every option

constexpr std::chrono::minutes kShortestSpoolAge{1};

std::string beside(std::string_view file, const std::string& path) {
  if (path.empty() || path.front() == '/') return path;
  return (std::filesystem::path{file}.parent_path() / path).string();
}

SlotIndex share(YamlMap& map, std::string_view key, std::uint64_t fallback, std::uint64_t most) {
  const std::uint64_t total = map.optional(key, kYamlCount, fallback);
  if (total < kFewestFlows || total > most) {
    map.complain(
        key, "is out of range",
        "give a number from " + std::to_string(kFewestFlows) + " to " + std::to_string(most));
    return 1;
  }
  return static_cast<SlotIndex>((total + kPartitions - 1) / kPartitions);
}

void read_flows(YamlMap map, FlowSettings& flow) {
  flow.flows = share(map, "capacity", 1'048'576, kMostFlows);
  flow.stream_heads = share(map, "stream_heads", 4096, kMostStreamHeads);
  const IdleTimeouts defaults;
  YamlMap timeouts = map.child("timeouts");
  flow.timeouts.half_open = timeouts.optional("half_open", kYamlDuration, defaults.half_open);
  flow.timeouts.closing = timeouts.optional("closing", kYamlDuration, defaults.closing);
  flow.timeouts.datagram = timeouts.optional("datagram", kYamlDuration, defaults.datagram);
  flow.timeouts.established = timeouts.optional("established", kYamlDuration, defaults.established);
  timeouts.finish();
  map.finish();
}

void read_classifier(YamlMap map, SensorConfig& config) {
  const ClassifierConfig defaults;
  ClassifierConfig& classifier = config.classifier;
  classifier.on = map.optional("use", kClassifiers, true);
  const SlotIndex kept = share(map, "sessions", 65'536, kMostFirstPackets);
  config.run.flow.first_packets = classifier.on ? kept : 0;
  const std::uint64_t most = map.optional("most_per_second", kYamlCount, defaults.most_per_second);
  if (most > kMostPerSecond) {
    map.complain("most_per_second", "is out of range",
                 "give a number up to " + std::to_string(kMostPerSecond) + ", 0 for no limit");
  } else {
    classifier.most_per_second = static_cast<std::uint32_t>(most);
  }
  map.finish();
}

void read_capture(YamlMap map, CaptureSettings& capture) {
  const CaptureSettings defaults;
  capture.filter = map.optional("filter", kYamlText, "");
  capture.ring = map.optional("ring", kYamlSize, defaults.ring);
  if (capture.ring < kSmallestRing || capture.ring > kLargestRing) {
    map.complain("ring", "is out of range", "give a size from 1MiB to 2047MiB");
  }
  const std::uint64_t snaplen = map.optional("snaplen", kYamlSize, defaults.snaplen);
  if (snaplen < kSmallestSnaplen || snaplen > kMaxFrameSize) {
    map.complain("snaplen", "is out of range", "give a size from 128B to 256KiB");
  } else {
    capture.snaplen = static_cast<std::uint32_t>(snaplen);
  }
  capture.promiscuous = map.optional("promiscuous", kYamlBool, defaults.promiscuous);
  if (const std::string fault = filter_fault(capture); !fault.empty()) {
    map.complain("filter", "'" + capture.filter + "' is no capture filter: " + fault,
                 "see pcap-filter(7)");
  }
  map.finish();
}

void read_spool(YamlMap map, ShipConfig& ship) {
  const SpoolLimits defaults;
  ship.spool = beside(map.file(), map.optional("dir", kYamlText, ""));
  ship.spool_limits.size = map.optional("size", kYamlSize, defaults.size);
  if (ship.spool_limits.size < kSmallestSpool) {
    map.complain("size", "is too small for batches", "give at least 4MiB");
  }
  const auto age = map.optional("age", kYamlDuration, defaults.age);
  ship.spool_limits.age = std::chrono::ceil<std::chrono::seconds>(age);
  if (ship.spool_limits.age < kShortestSpoolAge) {
    map.complain("age", "is too short", "give at least 1min: a collector must have time to start");
  }
  map.finish();
}

std::optional<ListenAddress> read_metrics(YamlMap map) {
  const auto listen = map.optional("listen", kYamlListenAddress);
  map.finish();
  return listen;
}

ShipConfig read_ship(YamlMap map) {
  ShipConfig ship;
  ship.collector = map.optional("collector", kYamlText, "");
  ship.collector_key = beside(map.file(), map.optional("collector_key", kYamlText, ""));
  ship.key = beside(map.file(), map.optional("key", kYamlText, ""));
  for (YamlMap& other : map.children("others")) {
    ship.others.push_back({other.required("collector", kYamlText),
                           beside(map.file(), other.required("collector_key", kYamlText))});
    other.finish();
  }
  read_spool(map.child("spool"), ship);
  map.finish();
  return ship;
}

}  // namespace

std::optional<Complaint> fault_of_interfaces(const std::vector<std::string>& names) {
  const auto fault = [](std::string what, std::string way_out) {
    return Complaint{"", 0, 0, std::move(what), std::move(way_out)};
  };
  if (names.size() > kMostInterfaces) {
    return fault("has too many", "name at most " + std::to_string(kMostInterfaces));
  }
  if (names.size() > 1 && std::find(names.begin(), names.end(), "any") != names.end()) {
    return fault("has 'any' beside others, whose frames would be seen twice", "name 'any' alone");
  }
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::find(names.begin(), name, *name) != name) {
      return fault("names '" + *name + "' twice", "name each interface once");
    }
  }
  return std::nullopt;
}

SensorConfig read_sensor_config(YamlMap& map) {
  SensorConfig config;
  FlowSettings& flow = config.run.flow;
  flow.observer.assign(map.required("observer", kYamlText));
  flow.vantage = map.optional("vantage", kVantages, Vantage::edge);
  flow.path = map.optional("path", kPaths, Path::undeclared);
  flow.inside_networks = map.list("inside_networks", kYamlNetwork);
  flow.raw_ja4 = map.optional("raw_ja4", kYamlBool, false);
  flow.tunnel_endpoints = map.list("tunnel_endpoints", kYamlNetwork);
  config.run.workers = map.optional("workers", kYamlCount, 1);
  if (config.run.workers < 1 || config.run.workers > kPartitions) {
    map.complain("workers", "is out of range",
                 "give a number from 1 to " + std::to_string(kPartitions));
  }
  config.capture.interfaces = map.list("interfaces", kYamlText);
  if (const auto fault = fault_of_interfaces(config.capture.interfaces)) {
    map.complain("interfaces", fault->what, fault->way_out);
  }
  read_capture(map.child("capture"), config.capture);
  config.user = map.optional("user", kYamlText, "");
  read_flows(map.child("flows"), flow);
  read_classifier(map.child("classifier"), config);
  for (const std::string& path : map.list("databases", kYamlText)) {
    config.databases.push_back(beside(map.file(), path));
  }
  config.rules = beside(map.file(), map.optional("rules", kYamlText, ""));
  config.regions = beside(map.file(), map.optional("regions", kYamlText, ""));
  config.metrics = read_metrics(map.child("metrics"));
  config.ship = read_ship(map.child("ship"));
  map.finish();
  return config;
}

LoadedAll<SensorConfig> load_sensor_config(const std::string& path) {
  auto document = read_yaml_file(path);
  if (!document) return tl::unexpected{document.error()};
  std::vector<Complaint> complaints;
  YamlMap map{*document, complaints};
  SensorConfig config = read_sensor_config(map);
  if (!complaints.empty()) return tl::unexpected{complaints};
  return config;
}

}  // namespace sekimori
