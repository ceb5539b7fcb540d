#include "sensor/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori {
namespace {

using namespace std::chrono_literals;

struct Read {
  SensorConfig config;
  std::vector<std::string> complaints;
};

Read read(std::string_view text) {
  auto document = read_yaml("dir/sensor.yaml", text);
  Read out;
  if (!document) {
    for (const Complaint& one : document.error()) out.complaints.push_back(one.text());
    return out;
  }
  std::vector<Complaint> complaints;
  YamlMap map{*document, complaints};
  out.config = read_sensor_config(map);
  for (const Complaint& one : complaints) out.complaints.push_back(one.text());
  return out;
}

TEST(SensorConfig, TheShippedFileIsSoundAndHoldsTheDefaults) {
  const auto shipped = load_sensor_config("config/sensor.yaml");
  ASSERT_TRUE(shipped) << shipped.error().front().text();
  const Read bare = read("observer: edge-1\n");
  ASSERT_TRUE(bare.complaints.empty());
  const FlowSettings& from_file = shipped->run.flow;
  const FlowSettings& built_in = bare.config.run.flow;
  EXPECT_EQ(from_file.flows, built_in.flows);
  EXPECT_EQ(from_file.stream_heads, built_in.stream_heads);
  EXPECT_EQ(from_file.vantage, built_in.vantage);
  EXPECT_EQ(from_file.path, built_in.path);
  EXPECT_EQ(from_file.timeouts.half_open, built_in.timeouts.half_open);
  EXPECT_EQ(from_file.timeouts.closing, built_in.timeouts.closing);
  EXPECT_EQ(from_file.timeouts.datagram, built_in.timeouts.datagram);
  EXPECT_EQ(from_file.timeouts.established, built_in.timeouts.established);
  EXPECT_EQ(shipped->run.workers, bare.config.run.workers);
  EXPECT_EQ(shipped->ship.collector, bare.config.ship.collector);
  EXPECT_EQ(shipped->capture.interfaces, bare.config.capture.interfaces);
  EXPECT_EQ(shipped->capture.filter, bare.config.capture.filter);
  EXPECT_EQ(shipped->capture.ring, bare.config.capture.ring);
  EXPECT_EQ(shipped->capture.snaplen, bare.config.capture.snaplen);
  EXPECT_EQ(shipped->capture.promiscuous, bare.config.capture.promiscuous);
  EXPECT_EQ(shipped->user, bare.config.user);
  EXPECT_EQ(bare.config.ship.spool, "");
  EXPECT_EQ(bare.config.ship.spool_limits.size, 1U << 30U);
  EXPECT_EQ(bare.config.ship.spool_limits.age, std::chrono::days{7});
}

TEST(SensorConfig, ReadsEveryKey) {
  const Read out = read(
      "observer: tokyo-1\nvantage: egress\npath: direct\ninside_networks: "
      "[192.0.2.0/24]\ntunnel_endpoints: [198.51.100.9]\nraw_ja4: true\n"
      "workers: 2\nflows:\n  capacity: 6400\n  stream_heads: 128\n  timeouts:\n"
      "    half_open: 1s\n    closing: 2s\n    datagram: 3s\n    established: 4s\n"
      "databases: [a.mmdb, /b.mmdb]\nrules: r\ninterfaces: [eth0, eth1]\nuser: tap\n"
      "capture: {filter: not port 22, ring: 8MiB, snaplen: 2KiB, promiscuous: false}\n"
      "ship:\n  collector: tcp://127.0.0.1:1\n  collector_key: c.pub\n  key: s.key\n"
      "  others: [{collector: 'tcp://127.0.0.1:2', collector_key: d.pub}]\n"
      "  spool: {dir: s, size: 8MiB, age: 2h}\n");
  EXPECT_THAT(out.complaints, testing::IsEmpty());
  const SensorConfig& config = out.config;
  EXPECT_EQ(config.run.flow.observer.view(), "tokyo-1");
  EXPECT_EQ(config.run.flow.vantage, Vantage::egress);
  EXPECT_EQ(config.run.flow.path, Path::direct);
  EXPECT_THAT(config.run.flow.inside_networks,
              testing::ElementsAre(*Network::parse("192.0.2.0/24")));
  EXPECT_THAT(config.run.flow.tunnel_endpoints,
              testing::ElementsAre(*Network::parse("198.51.100.9")));
  EXPECT_TRUE(config.run.flow.raw_ja4);
  EXPECT_EQ(config.run.workers, 2U);
  EXPECT_EQ(config.run.flow.flows, 100U);
  EXPECT_EQ(config.run.flow.stream_heads, 2U);
  EXPECT_EQ(config.run.flow.timeouts.established, 4s);
  EXPECT_THAT(config.databases, testing::ElementsAre("dir/a.mmdb", "/b.mmdb"));
  EXPECT_EQ(config.rules, "dir/r");
  EXPECT_EQ(config.ship.key, "dir/s.key");
  EXPECT_EQ(config.ship.spool, "dir/s");
  ASSERT_EQ(config.ship.others.size(), 1U);
  EXPECT_EQ(config.ship.others[0].collector, "tcp://127.0.0.1:2");
  EXPECT_EQ(config.ship.others[0].collector_key, "dir/d.pub");
  EXPECT_EQ(config.ship.spool_limits.size, 8U << 20U);
  EXPECT_EQ(config.ship.spool_limits.age, std::chrono::hours{2});
  EXPECT_THAT(config.capture.interfaces, testing::ElementsAre("eth0", "eth1"));
  EXPECT_EQ(config.capture.filter, "not port 22");
  EXPECT_EQ(config.capture.ring, 8U << 20U);
  EXPECT_EQ(config.capture.snaplen, 2048U);
  EXPECT_FALSE(config.capture.promiscuous);
  EXPECT_EQ(config.user, "tap");
}

TEST(SensorConfig, NamesFileLineAndWayOut) {
  struct Case {
    std::string_view text;
    std::string_view place;
    std::string_view part;
  };
  const Case cases[] = {
      {"vantage: edge\n", "dir/sensor.yaml:", "observer"},
      {"observer: a\npaht: direct\n", "dir/sensor.yaml:2", "path"},
      {"observer: a\npath: straight\n", "dir/sensor.yaml:2", "direct"},
      {"observer: a\nworkers: 0\n", "dir/sensor.yaml:2", "1 to 64"},
      {"observer: a\ncapture:\n  filter: port and\n", "dir/sensor.yaml:3", "'port and'"},
      {"observer: a\ncapture:\n  ring: 3GiB\n", "dir/sensor.yaml:3", "1MiB to 2047MiB"},
      {"observer: a\ncapture:\n  snaplen: 64B\n", "dir/sensor.yaml:3", "128B to 256KiB"},
      {"observer: a\ninterfaces: [eth0, eth0]\n", "dir/sensor.yaml:2", "twice"},
      {"observer: a\ninterfaces: [eth0, any]\n", "dir/sensor.yaml:2", "'any' alone"},
      {"observer: a\nworkers: many\n", "dir/sensor.yaml:2", "workers"},
      {"observer: a\nflows:\n  capacity: 3\n", "dir/sensor.yaml:3", "from 64"},
      {"observer: a\ninside_networks: [192.0.2.0/33]\n", "dir/sensor.yaml:2", "network"},
      {"observer: a\nflows:\n\tcapacity: 6400\n", "dir/sensor.yaml:3", "tab"},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.text);
    const Read out = read(row.text);
    ASSERT_EQ(out.complaints.size(), 1U);
    EXPECT_THAT(out.complaints[0], testing::StartsWith(std::string{row.place}));
    EXPECT_THAT(out.complaints[0], testing::HasSubstr(std::string{row.part}));
  }
}

}  // namespace
}  // namespace sekimori
