#include "collector/config.h"

#include <filesystem>
#include <type_traits>
#include <utility>

#include "core/net/yaml_types.h"

namespace sekimori {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;

constexpr nanoseconds kMostTolerance = minutes{10};
constexpr nanoseconds kMostPatience = hours{24};
constexpr nanoseconds kMostMemory = hours{24 * 7};
// Some 35 GB of sessions: beyond, more than one collector is the answer.
constexpr std::uint64_t kMostRemembered = 10'000'000;
constexpr std::size_t kMostPacketless = 1000;
constexpr nanoseconds kMostRetention = hours{24 * 3650};

std::string beside(std::string_view file, const std::string& path) {
  if (path.empty() || path == "-" || path.front() == '/') return path;
  return (std::filesystem::path{file}.parent_path() / path).string();
}

std::string path_in(YamlMap& map, std::string_view key) {
  return beside(map.file(), map.optional(key, kYamlText, ""));
}

nanoseconds duration(YamlMap& map, std::string_view key, nanoseconds fallback, nanoseconds least,
                     nanoseconds most) {
  const nanoseconds value = map.optional(key, kYamlDuration, fallback);
  if (value >= least && value <= most) return value;
  const auto in_seconds = [](nanoseconds time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + "s";
  };
  map.complain(key, "is out of range", "from " + in_seconds(least) + " to " + in_seconds(most));
  return fallback;
}

std::size_t capacity(YamlMap& map, std::string_view key, std::size_t fallback) {
  const std::uint64_t value = map.optional(key, kYamlCount, fallback);
  if (value >= 1 && value <= kMostRemembered) return static_cast<std::size_t>(value);
  map.complain(key, "is out of range", "from 1 to " + std::to_string(kMostRemembered));
  return fallback;
}

JoinSettings read_join(YamlMap map) {
  const JoinSettings usual;
  JoinSettings join;
  join.tolerance = duration(map, "tolerance", usual.tolerance, nanoseconds{0}, kMostTolerance);
  join.patience = duration(map, "patience", usual.patience, std::chrono::seconds{1}, kMostPatience);
  join.memory = duration(map, "memory", usual.memory, minutes{1}, kMostMemory);
  join.open_memory = duration(map, "open_memory", usual.open_memory, minutes{1}, kMostMemory);
  join.session_capacity = capacity(map, "sessions", usual.session_capacity);
  join.claim_capacity = capacity(map, "claims", usual.claim_capacity);
  join.id_capacity = capacity(map, "claim_ids", usual.id_capacity);
  for (YamlMap& listener : map.children("packetless")) {
    PacketlessListener packetless;
    packetless.server_ip = listener.required("server_ip", kYamlIpAddress);
    packetless.server_port = listener.optional("server_port", kYamlPort);
    listener.finish();
    join.packetless.push_back(packetless);
  }
  if (join.packetless.size() > kMostPacketless) {
    map.complain("packetless", "names too many listeners",
                 "at most " + std::to_string(kMostPacketless));
  }
  map.finish();
  return join;
}

Site read_place(YamlMap map) {
  const Site place{map.required("lat", kYamlLatitude), map.required("lon", kYamlLongitude)};
  map.finish();
  return place;
}

JudgingConfig read_judging(YamlMap& map) {
  JudgingConfig judging;
  judging.join = read_join(map.child("join"));
  for (const std::string& path : map.list("databases", kYamlText)) {
    judging.databases.push_back(beside(map.file(), path));
  }
  judging.rules = path_in(map, "rules");
  judging.regions = path_in(map, "regions");
  judging.country_shapes = path_in(map, "country_shapes");
  if (map.has("site")) judging.site = read_place(map.child("site"));
  YamlMap sites = map.child("sites");
  for (const YamlEntry& entry : sites.self().entries) {
    judging.sites.emplace(entry.key, read_place(sites.child(entry.key)));
  }
  return judging;
}

ReceiveConfig read_receive(YamlMap map) {
  ReceiveConfig receive;
  receive.listen = map.optional("listen", kYamlText, "");
  receive.key = path_in(map, "key");
  receive.sensors = path_in(map, "sensors");
  receive.quota = map.optional("quota", kYamlCount, 200'000);
  receive.connections = map.optional("connections", kYamlCount, 64);
  if (receive.connections == 0) map.complain("connections", "is 0", "allow one at least");
  receive.quarantine = path_in(map, "quarantine");
  map.finish();
  return receive;
}

HttpConfig read_http(YamlMap map) {
  HttpConfig http;
  if (const auto listen = map.optional("listen", kYamlListenAddress)) {
    http.address = listen->address;
    http.port = listen->port;
  }
  http.token = path_in(map, "token");
  map.finish();
  return http;
}

std::optional<ListenAddress> read_metrics(YamlMap map) {
  const auto listen = map.optional("listen", kYamlListenAddress);
  map.finish();
  return listen;
}

StoreConfig read_store(YamlMap map) {
  StoreConfig store;
  store.path = path_in(map, "path");
  store.retention = std::chrono::duration_cast<hours>(
      duration(map, "retention", hours{24 * 90}, nanoseconds{0}, kMostRetention));
  store.size_limit = map.optional("size_limit", kYamlSize, 0);
  map.finish();
  return store;
}

}  // namespace

CollectorConfig read_collector_config(YamlMap& map) {
  CollectorConfig config;
  config.judging = read_judging(map);
  config.receive = read_receive(map.child("receive"));
  config.http = read_http(map.child("http"));
  config.store = read_store(map.child("store"));
  config.metrics = read_metrics(map.child("metrics"));
  config.verdicts = path_in(map, "verdicts");
  map.finish();
  return config;
}

LoadedAll<CollectorConfig> load_collector_config(const std::string& path) {
  auto document = read_yaml_file(path);
  if (!document) return tl::unexpected{document.error()};
  std::vector<Complaint> complaints;
  YamlMap map{*document, complaints};
  CollectorConfig config = read_collector_config(map);
  if (!complaints.empty()) return tl::unexpected{complaints};
  return config;
}

std::vector<Complaint> missing_for_service(const CollectorConfig& config, const std::string& path) {
  std::vector<Complaint> missing;
  const auto need = [&](bool there, std::string what, std::string way_out) {
    if (!there) missing.push_back({path, 0, 0, std::move(what), std::move(way_out)});
  };
  need(!config.store.path.empty(), "no store is named", "set store.path");
  need(!config.receive.listen.empty() || config.http.address,
       "neither records nor claims can come in",
       "set receive.listen, receive.key and receive.sensors, or http.listen and http.token");
  if (!config.receive.listen.empty()) {
    need(!config.receive.key.empty(), "the collector has no key",
         "set receive.key; sekimori keys makes one");
    need(!config.receive.sensors.empty(), "no sensor is let in",
         "set receive.sensors to the folder of their public keys");
  }
  if (config.http.address) {
    need(!config.http.token.empty(), "the HTTP API has no token",
         "set http.token; sekimori keys token makes one");
  }
  return missing;
}

}  // namespace sekimori
