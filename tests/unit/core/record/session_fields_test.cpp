#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>

#include "core/record/field.h"
#include "tests/unit/core/record/sample_record.h"

namespace sekimori {
namespace {

struct Printer {
  std::string operator()(std::monostate) const { return "absent"; }
  std::string operator()(std::string_view text) const { return std::string{text}; }
  std::string operator()(std::uint64_t number) const { return std::to_string(number); }
  std::string operator()(double number) const { return std::to_string(number); }
  std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  std::string operator()(const IpAddress& ip) const { return std::string{ip.text().view()}; }
  std::string operator()(Timestamp time) const { return std::string{format_rfc3339(time).view()}; }
  std::string operator()(std::span<const AlpnName> names) const {
    return std::to_string(names.size()) + " names";
  }
  std::string operator()(std::span<const SignatureMatch> matches) const {
    return std::to_string(matches.size()) + " matches";
  }
};

std::string read(const SessionRecord& record, std::string_view name) {
  const auto id = find_field(session_fields(), name);
  if (!id) return "no such field";
  FieldScratch scratch;
  return std::visit(Printer{}, session_reader(record)(*id, scratch));
}

TEST(SessionFields, EachNameReadsItsOwnMember) {
  // DESIGN.md, section 4, against tests/unit/core/record/sample_record.h.
  const std::map<std::string_view, std::string_view> expected{
      {"@timestamp", "2024-03-26T01:02:04.956789Z"},
      {"event.id", "101112131415161718191a1b1c1d1e1f"},
      {"event.type", "start"},
      {"event.start", "2024-03-26T01:02:03.456789Z"},
      {"event.end", "2024-03-26T01:02:04.956789Z"},
      {"event.duration", "1500000123"},
      {"observer.name", "edge-1"},
      {"observer.version", "0.1.0"},
      {"network.transport", "tcp"},
      {"network.type", "ipv4"},
      // Of the proxy, which is who speaks on the wire.
      // python3: base64.b64encode(sha1(0, 0, server, proxy, 6, 0, 443, 40001))
      {"network.community_id", "1:NCJsbl9c0f6AUHLIjXSc1STpDhs="},
      {"network.vlan.id", "120"},
      {"network.protocol", "tls"},
      {"network.application", "anydesk"},
      {"client.ip", "203.0.113.9"},
      {"client.port", "50123"},
      {"client.bytes", "5123"},
      {"client.packets", "31"},
      {"client.geo.country_iso_code", "CN"},
      {"client.geo.city_name", "Dandong"},
      {"client.geo.location.lat", "40.125000"},
      {"client.geo.location.lon", "124.375000"},
      {"client.as.number", "64500"},
      {"client.as.organization.name", "Example Telecom"},
      {"server.ip", "198.51.100.7"},
      {"server.port", "443"},
      {"server.bytes", "48211"},
      {"server.packets", "52"},
      {"server.geo.country_iso_code", "JP"},
      {"server.geo.city_name", "Osaka"},
      {"server.geo.location.lat", "34.693700"},
      {"server.geo.location.lon", "135.502300"},
      {"server.as.number", "64501"},
      {"server.as.organization.name", "Example Hosting"},
      {"tls.version", "1.3"},
      {"tls.cipher", "TLS_AES_128_GCM_SHA256"},
      {"tls.next_protocol", "h2"},
      {"tls.client.server_name", "platform.example"},
      {"tls.client.alpn", "2 names"},
      {"tls.client.ja3", "cd08e31494f9531f560d64c695473da9"},
      {"tls.client.ja4", "t13d1516h2_8daaf6152771_e5627efa2ab1"},
      {"tls.server.ja3s", "eb1d94daa7e0344597e756a1fb6e7054"},
      {"tls.server.subject", "C=JP, O=Example, CN=platform.example"},
      {"tls.server.issuer", "O=Example Authority"},
      {"sekimori.vantage", "egress"},
      {"sekimori.path", "direct"},
      {"sekimori.geo.registered_country_iso_code", "HK"},
      {"sekimori.geo.accuracy_radius", "50"},
      {"sekimori.geo.second_country_iso_code", "RU"},
      {"sekimori.geo.anonymous", "true"},
      {"sekimori.geo.vpn", "false"},
      {"sekimori.geo.hosting", "true"},
      {"sekimori.geo.public_proxy", "false"},
      {"sekimori.geo.residential_proxy", "true"},
      {"sekimori.geo.tor_exit", "false"},
      {"sekimori.geo.database_type", "GeoLite2-City"},
      {"sekimori.geo.database_build", "2023-11-14T22:13:20.000000Z"},
      {"sekimori.geo.as_database_type", "GeoLite2-ASN"},
      {"sekimori.geo.as_database_build", "2023-11-14T22:13:21.000000Z"},
      {"sekimori.vni", "66051"},
      {"sekimori.proxy.ip", "192.0.2.33"},
      {"sekimori.proxy.port", "40001"},
      {"sekimori.tls.ja4_r", "t13d0102h2_1301_002b"},
      {"sekimori.tls.ech", "false"},
      {"sekimori.tls.hello_retry", "true"},
      {"sekimori.tls.no_fingerprint", "incomplete"},
      {"sekimori.tcp.ttl", "54"},
      {"sekimori.tcp.window", "64240"},
      {"sekimori.tcp.window_scale", "8"},
      {"sekimori.tcp.mss", "1460"},
      {"sekimori.tcp.options", "2-4-8-1-3"},
      {"sekimori.tcp.df", "true"},
      {"sekimori.timing.client_rtt_us", "101"},
      {"sekimori.timing.server_rtt_us", "102"},
      {"sekimori.timing.hello_delay_us", "103"},
      {"sekimori.timing.tls_gap_us", "104"},
      {"sekimori.timing.retry_gap_us", "105"},
      {"sekimori.timing.turnaround_us", "106"},
      {"sekimori.timing.turnaround_samples", "107"},
      {"sekimori.timing.ack_rtt_us", "108"},
      {"sekimori.timing.ack_rtt_samples", "109"},
      {"sekimori.timing.quic_rtt_us", "110"},
      {"sekimori.remote_access.name", "anydesk"},
      {"sekimori.tunnel.name", "openvpn"},
      {"sekimori.rules.pack", "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"},
      {"sekimori.signatures", "2 matches"},
      {"sekimori.loss.unseen_bytes", "77"},
      {"sekimori.loss.window", "true"},
      {"sekimori.loss.duplicate_packets", "5"},
  };
  const SessionRecord record = sample_record();
  for (const auto& [name, value] : expected) EXPECT_EQ(read(record, name), value) << name;
  for (const FieldSpec& spec : session_fields())
    EXPECT_TRUE(expected.contains(spec.name)) << spec.name;
}

TEST(SessionFields, WhatIsNotKnownIsAbsent) {
  const std::set<std::string_view> always{
      "@timestamp",     "event.id",          "event.type",   "event.start",    "event.end",
      "event.duration", "network.transport", "client.bytes", "client.packets", "server.bytes",
      "server.packets", "sekimori.vantage",  "sekimori.path"};
  const SessionRecord record;
  for (const FieldSpec& spec : session_fields()) {
    EXPECT_EQ(read(record, spec.name) != "absent", always.contains(spec.name)) << spec.name;
  }
  EXPECT_EQ(read(record, "sekimori.path"), "undeclared");
  EXPECT_EQ(read(record, "event.type"), "end");
}

TEST(SessionFields, AnEndBeforeTheStartHasNoDuration) {
  SessionRecord record = sample_record();
  record.end = record.start - std::chrono::nanoseconds{1};
  EXPECT_EQ(read(record, "event.duration"), "absent");
}

// IANA, protocol-numbers.
TEST(SessionFields, TransportIsTheIanaKeywordInLowerCase) {
  const std::pair<std::uint8_t, std::string_view> cases[] = {
      {1, "icmp"},       {17, "udp"},   {47, "gre"}, {50, "esp"}, {51, "ah"},  {41, "ipv6"},
      {58, "ipv6-icmp"}, {132, "sctp"}, {0, "0"},    {99, "99"},  {255, "255"}};
  for (const auto& [number, word] : cases) {
    SessionRecord record;
    record.protocol = number;
    EXPECT_EQ(read(record, "network.transport"), word);
  }
}

TEST(SessionFields, EachValueHasItsDeclaredType) {
  const SessionRecord record = sample_record();
  const FieldReader reader = session_reader(record);
  FieldScratch scratch;
  for (FieldId id = 0; id < session_fields().size(); ++id) {
    const FieldSpec& spec = session_fields()[id];
    // The alternatives of FieldValue follow "absent" in the order of FieldType.
    constexpr std::size_t alternatives[] = {1, 2, 3, 4, 5, 6, 7, 8};
    EXPECT_EQ(reader(id, scratch).index(), alternatives[static_cast<std::size_t>(spec.type)])
        << spec.name;
  }
  EXPECT_EQ(reader(9999, scratch).index(), 0U);
}

// What core/record/ecs_json.h asks of a schema.
TEST(SessionFields, NamesOfOneObjectStandTogether) {
  std::set<std::string> left_behind;
  std::string open;
  for (const FieldSpec& spec : session_fields()) {
    const std::string name{spec.name};
    for (std::size_t dot = name.find('.'); dot != std::string::npos;
         dot = name.find('.', dot + 1)) {
      EXPECT_FALSE(left_behind.contains(name.substr(0, dot + 1))) << name;
    }
    EXPECT_FALSE(left_behind.contains(name + ".")) << name;
    for (std::size_t dot = open.find('.'); dot != std::string::npos;
         dot = open.find('.', dot + 1)) {
      if (!name.starts_with(open.substr(0, dot + 1))) left_behind.insert(open.substr(0, dot + 1));
    }
    open = name.substr(0, name.rfind('.') + 1);
  }
  EXPECT_TRUE(left_behind.contains("client.geo.location."));
}

TEST(SessionFields, FormatPageNamesExactlyTheseFields) {
  std::ifstream page{"core/record/FORMAT.md"};
  ASSERT_TRUE(page);
  constexpr std::string_view kTypes[] = {"text",    "integer", "real",      "boolean",
                                         "address", "moment",  "text list", "signatures"};
  std::map<std::string, std::string> documented;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `")) continue;
    const std::size_t end = line.find("` | ", 3);
    ASSERT_NE(end, std::string::npos) << line;
    const std::size_t type_end = line.find(" | ", end + 4);
    ASSERT_NE(type_end, std::string::npos) << line;
    EXPECT_TRUE(
        documented.emplace(line.substr(3, end - 3), line.substr(end + 4, type_end - end - 4))
            .second)
        << line;
  }
  for (const FieldSpec& spec : session_fields()) {
    EXPECT_EQ(documented[std::string{spec.name}], kTypes[static_cast<std::size_t>(spec.type)])
        << spec.name;
  }
  EXPECT_EQ(documented.size(), session_fields().size());
}

TEST(SessionFields, FindsNoOtherName) {
  EXPECT_FALSE(find_field(session_fields(), "client"));
  EXPECT_FALSE(find_field(session_fields(), "client.geo."));
  EXPECT_FALSE(find_field(session_fields(), ""));
}

}  // namespace
}  // namespace sekimori
