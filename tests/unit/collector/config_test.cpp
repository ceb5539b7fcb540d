#include "collector/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct Reading {
  CollectorConfig config;
  std::vector<std::string> complaints;
};

Reading read(std::string_view text) {
  Reading reading;
  const auto document = read_yaml("/etc/sekimori/collector.yaml", text);
  EXPECT_TRUE(document);
  if (!document) return reading;
  std::vector<Complaint> complaints;
  YamlMap map{*document, complaints};
  reading.config = read_collector_config(map);
  for (const Complaint& complaint : complaints) reading.complaints.push_back(complaint.text());
  return reading;
}

TEST(CollectorConfig, TheShippedFileIsSoundAndHoldsTheDefaults) {
  const auto shipped = load_collector_config("config/collector.yaml");
  ASSERT_TRUE(shipped) << shipped.error().front().text();
  EXPECT_THAT(missing_for_service(*shipped, ""), IsEmpty());
  const JoinSettings usual;
  const JoinSettings& join = shipped->judging.join;
  EXPECT_EQ(join.tolerance, usual.tolerance);
  EXPECT_EQ(join.patience, usual.patience);
  EXPECT_EQ(join.memory, usual.memory);
  EXPECT_EQ(join.open_memory, usual.open_memory);
  EXPECT_EQ(join.session_capacity, usual.session_capacity);
  EXPECT_EQ(join.claim_capacity, usual.claim_capacity);
  EXPECT_EQ(join.id_capacity, usual.id_capacity);
  EXPECT_EQ(shipped->http.address->text(), "127.0.0.1");
  EXPECT_EQ(shipped->store.retention, 24h * 90);
  EXPECT_EQ(shipped->judging.rules, "config/../signatures");
}

TEST(CollectorConfig, ReadsWhatDiffers) {
  const Reading reading = read(R"yaml(
receive: {listen: "tcp://[::]:7355", key: /k, sensors: s}
http: {listen: "[::1]:80", token: t}
store: {path: store.db, retention: 0, size_limit: 2 GiB}
join:
  tolerance: 500ms
  packetless:
    - {server_ip: 192.0.2.1}
    - {server_ip: "2001:db8::1", server_port: 443}
site: {lat: 35.68, lon: 139.77}
sites:
  edge-1: {lat: -33.9, lon: 151.2}
databases: [a.mmdb, /b.mmdb]
verdicts: "-"
)yaml");
  EXPECT_THAT(reading.complaints, IsEmpty());
  const CollectorConfig& config = reading.config;
  EXPECT_EQ(config.receive.key, "/k");
  EXPECT_EQ(config.receive.sensors, "/etc/sekimori/s");
  EXPECT_EQ(config.http.address->text(), "::1");
  EXPECT_EQ(config.http.port, 80);
  EXPECT_EQ(config.store.retention, 0h);
  EXPECT_EQ(config.store.size_limit, std::uint64_t{2} << 30U);
  EXPECT_EQ(config.judging.join.tolerance, 500ms);
  ASSERT_THAT(config.judging.join.packetless, SizeIs(2));
  EXPECT_FALSE(config.judging.join.packetless[0].server_port);
  EXPECT_EQ(config.judging.join.packetless[1].server_port, 443);
  EXPECT_EQ(config.judging.site, (Site{35.68, 139.77}));
  EXPECT_EQ(config.judging.sites.at("edge-1"), (Site{-33.9, 151.2}));
  EXPECT_THAT(config.judging.databases, ElementsAre("/etc/sekimori/a.mmdb", "/b.mmdb"));
  EXPECT_EQ(config.verdicts, "-");
}

TEST(CollectorConfig, NamesWhatIsWrong) {
  struct Case {
    std::string_view text;
    std::string_view complaint;
  };
  const Case cases[] = {
      {"stor: {}", "'stor'"},
      {"join: {tolerence: 5s}", "'tolerance'"},
      {"join: {tolerance: 5}", "collector.yaml:1:19: "},
      {"join: {tolerance: 11min}", "from 0s to 600s"},
      {"join: {patience: 0}", "from 1s to 86400s"},
      {"join: {sessions: 0}", "from 1 to 10000000"},
      {"join: {packetless: [{server_port: 443}]}", "server_ip"},
      {"http: {listen: 7356}", "an address and a port such as 127.0.0.1:7356"},
      {"http: {listen: \"::1:80\"}", "an address and a port"},
      {"http: {listen: \"[127.0.0.1]:80\"}", "an address and a port"},
      {"http: {listen: \"127.0.0.1:65536\"}", "an address and a port"},
      {"http: {listen: \"localhost:80\"}", "an address and a port"},
      {"site: {lat: 91, lon: 0}", "lat"},
      {"site: {lat: 1}", "lon"},
      {"sites: {edge-1: {lat: 1, long: 2}}", "sites.edge-1"},
      {"store: {retention: 90}", "retention"},
      {"databases: a.mmdb", "databases"},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.text);
    EXPECT_THAT(read(row.text).complaints, testing::Contains(HasSubstr(row.complaint)));
  }
}

TEST(CollectorConfig, TellsTheServiceWhatIsMissing) {
  const Reading nothing = read("verdicts: x");
  EXPECT_THAT(nothing.complaints, IsEmpty());
  EXPECT_THAT(missing_for_service(nothing.config, "f"), SizeIs(2));
  const Reading half = read("store: {path: s}\nreceive: {listen: x}\nhttp: {listen: \"[::1]:1\"}");
  std::string all;
  for (const Complaint& complaint : missing_for_service(half.config, "f")) all += complaint.text();
  EXPECT_THAT(all, AllOf(HasSubstr("receive.key"), HasSubstr("receive.sensors"),
                         HasSubstr("sekimori keys token")));
}

}  // namespace
}  // namespace sekimori
