#include "sensor/decode/tunnels.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using Octets = std::vector<std::uint8_t>;
using Parser = Result<Content> (*)(Bytes) noexcept;

struct Case {
  std::string_view what;
  Parser parse;
  Octets bytes;
  EtherType type;
  std::size_t inner;  // bytes
};

const std::vector<Case> kTunnels{
    {"PPPoE session 5, padded",
     parse_pppoe,
     {0x11, 0, 0, 5, 0, 3, 0x00, 0x21, 0x45, 0, 0},
     EtherType::ppp,
     3},
    {"one MPLS label", parse_mpls, {0x00, 0x01, 0x01, 0x40, 0x45}, EtherType::ipv4, 1},
    {"two MPLS labels",
     parse_mpls,
     {0x00, 0x01, 0x00, 0x40, 0x00, 0x02, 0x01, 0x40, 0x60},
     EtherType::ipv6,
     1},
    {"Ethernet behind a control word",
     parse_mpls,
     {0x00, 0x01, 0x01, 0x40, 0x00, 0x00, 0x00, 0x07, 0x02},
     EtherType::trans_ether_bridging,
     1},
    {"plain GRE", parse_gre, {0x00, 0x00, 0x08, 0x00, 0x45}, EtherType::ipv4, 1},
    {"GRE with checksum, key and sequence",
     parse_gre,
     {0xb0, 0x00, 0x86, 0xdd, 1, 2, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0x60},
     EtherType::ipv6,
     1},
    {"GRE with a key, Ethernet",
     parse_gre,
     {0x20, 0x00, 0x65, 0x58, 0, 0, 0, 9, 0x02},
     EtherType::trans_ether_bridging,
     1},
    {"PPTP with acknowledgment",
     parse_gre,
     {0x30, 0x81, 0x88, 0x0b, 0, 5, 0, 9, 0, 0, 0, 1, 0, 0, 0, 2, 0xff},
     EtherType::ppp,
     1},
    {"ERSPAN I", parse_gre, {0x00, 0x00, 0x88, 0xbe, 0x02}, EtherType::trans_ether_bridging, 1},
    {"ERSPAN II",
     parse_gre,
     {0x10, 0x00, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x02},
     EtherType::trans_ether_bridging,
     1},
    {"ERSPAN III with subheader",
     parse_gre,
     {0x10, 0x00, 0x22, 0xeb, 0,    0, 0, 1, 0x20, 0, 0, 0, 0, 0, 0,
      0,    0,    0,    0,    0x01, 0, 0, 0, 0,    0, 0, 0, 0, 0, 0x02},
     EtherType::trans_ether_bridging,
     2},
    {"VXLAN", parse_vxlan, {0x08, 0, 0, 0, 0, 0, 7, 0, 0x02}, EtherType::trans_ether_bridging, 1},
    {"VXLAN, reserved bits set",
     parse_vxlan,
     {0x88, 1, 1, 1, 0, 0, 7, 1, 0x02},
     EtherType::trans_ether_bridging,
     1},
    {"Geneve",
     parse_geneve,
     {0x00, 0, 0x65, 0x58, 0, 0, 7, 0, 0x02},
     EtherType::trans_ether_bridging,
     1},
    {"Geneve with an option, IPv4",
     parse_geneve,
     {0x02, 0x40, 0x08, 0x00, 0, 0, 7, 0, 1, 2, 3, 1, 0, 0, 0, 0, 0x45},
     EtherType::ipv4,
     1},
    {"GTP-U", parse_gtp_u, {0x30, 255, 0, 1, 0, 0, 0, 9, 0x45}, EtherType::ipv4, 1},
    {"GTP-U with a sequence number",
     parse_gtp_u,
     {0x32, 255, 0, 5, 0, 0, 0, 9, 0, 1, 0, 0x85, 0x60},
     EtherType::ipv6,
     1},
    {"GTP-U with an extension",
     parse_gtp_u,
     {0x34, 255, 0, 9, 0, 0, 0, 9, 0, 0, 0, 0x85, 1, 0x10, 0x09, 0, 0x45},
     EtherType::ipv4,
     1},
    {"Teredo with authentication and origin",
     parse_teredo,
     {0, 1, 1, 2, 'c', 'v', 'v', 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9, 9, 1, 2, 3, 4, 0x60},
     EtherType::ipv6,
     1},
    {"CAPWAP with 802.3",
     parse_capwap,
     {0, 0x10, 0, 0, 0, 0, 0, 0, 0x02},
     EtherType::trans_ether_bridging,
     1},
    {"CAPWAP with 802.11 behind a wireless header",
     parse_capwap,
     {0, 0x18, 0x03, 0x20, 0, 0, 0,    0,    1,    9, 0, 0, 0x08, 0x01, 0,
      0, 0,    0,    0,    0, 0, 1,    0,    0,    0, 0, 0, 2,    0,    0,
      0, 0,    0,    3,    0, 0, 0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00, 0x45},
     EtherType::ipv4,
     1},
};

TEST(Tunnels, YieldWhatTheyWrap) {
  for (const Case& row : kTunnels) {
    SCOPED_TRACE(row.what);
    const auto inner = row.parse(row.bytes);
    ASSERT_TRUE(inner);
    EXPECT_EQ(inner->type, row.type);
    EXPECT_EQ(inner->bytes.size(), row.inner);
  }
}

TEST(Tunnels, EveryPrefixOfAHeaderIsTruncatedAndNeverMalformed) {
  for (const Case& row : kTunnels) {
    const std::size_t header = row.parse == parse_pppoe ? 6 : row.bytes.size() - row.inner;
    for (std::size_t size = 0; size < header; ++size) {
      SCOPED_TRACE(std::string{row.what} + " cut at " + std::to_string(size));
      const auto inner = row.parse(Bytes{row.bytes}.first(size));
      ASSERT_FALSE(inner);
      EXPECT_EQ(inner.error().fault, Fault::truncated);
    }
  }
}

TEST(Tunnels, RefuseWhatTheyCannotName) {
  struct Refusal {
    std::string_view what;
    Parser parse;
    Octets bytes;
    Fault fault;
  };
  const Refusal refusals[] = {
      {"PPPoE of another version", parse_pppoe, {0x21, 0, 0, 5, 0, 1, 0x21}, Fault::malformed},
      {"PPPoE discovery", parse_pppoe, {0x11, 9, 0, 0, 0, 0}, Fault::unsupported},
      {"nine MPLS labels", parse_mpls, Octets(36, 0x00), Fault::unsupported},
      {"MPLS over something else", parse_mpls, {0, 1, 1, 0x40, 0x90}, Fault::unsupported},
      {"GRE version 2", parse_gre, {0x00, 0x02, 0x08, 0x00, 0x45}, Fault::malformed},
      {"GRE with source routes", parse_gre, {0x40, 0x00, 0x08, 0x00, 0x45}, Fault::unsupported},
      {"GRE keepalive", parse_gre, {0x00, 0x00, 0x00, 0x00}, Fault::unsupported},
      {"PPTP acknowledgment",
       parse_gre,
       {0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 9, 0, 0, 0, 2},
       Fault::unsupported},
      {"VXLAN without identifier", parse_vxlan, {0, 0, 0, 0, 0, 0, 7, 0, 2}, Fault::malformed},
      {"Geneve version 1", parse_geneve, {0x40, 0, 0x65, 0x58, 0, 0, 7, 0}, Fault::malformed},
      {"Geneve with ARP", parse_geneve, {0x00, 0, 0x08, 0x06, 0, 0, 7, 0}, Fault::unsupported},
      {"GTP version 2", parse_gtp_u, {0x48, 255, 0, 1, 0, 0, 0, 9, 0x45}, Fault::malformed},
      {"GTP echo", parse_gtp_u, {0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0}, Fault::unsupported},
      {"GTP-U extension of no length",
       parse_gtp_u,
       {0x34, 255, 0, 9, 0, 0, 0, 9, 0, 0, 0, 0x85, 0, 0, 0, 0, 0x45},
       Fault::malformed},
      {"Teredo with IPv4", parse_teredo, {0x45, 0}, Fault::unsupported},
      {"CAPWAP under DTLS", parse_capwap, {1, 0, 0, 0, 22, 0xfe, 0xff, 0, 0}, Fault::malformed},
      {"a fragment of CAPWAP", parse_capwap, {0, 0x10, 0, 0x80, 0, 0, 0, 0, 2}, Fault::unsupported},
      {"CAPWAP keepalive", parse_capwap, {0, 0x10, 0, 0x08, 0, 0, 0, 0, 2}, Fault::unsupported},
      {"CAPWAP of another binding",
       parse_capwap,
       {0, 0x10, 0x05, 0, 0, 0, 0, 0, 2},
       Fault::unsupported},
      {"CAPWAP header of one word", parse_capwap, {0, 0x08, 0, 0, 0, 0, 0, 0}, Fault::malformed},
      {"GTP-U with Ethernet", parse_gtp_u, {0x30, 255, 0, 1, 0, 0, 0, 9, 0x02}, Fault::malformed},
  };
  for (const Refusal& row : refusals) {
    SCOPED_TRACE(row.what);
    const auto inner = row.parse(row.bytes);
    ASSERT_FALSE(inner);
    EXPECT_EQ(inner.error().fault, row.fault);
  }
}

TEST(Tunnels, PortsAndProtocolNumbersName) {
  const Octets vxlan{0x08, 0, 0, 0, 0, 0, 7, 0, 0x02};
  const Octets gtp{0x30, 255, 0, 1, 0, 0, 0, 9, 0x45};
  EXPECT_TRUE(parse_udp_tunnel(40000, 4789, vxlan));
  EXPECT_TRUE(parse_udp_tunnel(40000, 8472, vxlan));
  EXPECT_FALSE(parse_udp_tunnel(4789, 40000, vxlan));
  EXPECT_TRUE(parse_udp_tunnel(40000, 2152, gtp));
  EXPECT_TRUE(parse_udp_tunnel(2152, 40000, gtp));
  EXPECT_TRUE(parse_udp_tunnel(40000, 6081, Octets{0x00, 0, 0x08, 0x00, 0, 0, 7, 0, 0x45}));
  EXPECT_TRUE(parse_udp_tunnel(40000, 3544, Octets{0x60, 0}));
  EXPECT_TRUE(parse_udp_tunnel(3544, 40000, Octets{0x60, 0}));
  EXPECT_TRUE(parse_udp_tunnel(40000, 5247, Octets{0, 0x10, 0, 0, 0, 0, 0, 0, 0x02}));
  EXPECT_FALSE(parse_udp_tunnel(40000, 53, vxlan));

  IpHeader ip;
  ip.payload = gtp;
  for (const auto& [protocol, type] :
       {std::pair{IpProtocol::ipv4, EtherType::ipv4}, std::pair{IpProtocol::ipv6, EtherType::ipv6},
        std::pair{IpProtocol::mpls_in_ip, EtherType::mpls}}) {
    ip.protocol = protocol;
    EXPECT_EQ(parse_ip_tunnel(ip)->type, type);
  }
  ip.protocol = IpProtocol::esp;
  EXPECT_EQ(parse_ip_tunnel(ip).error().fault, Fault::unsupported);
}

}  // namespace
}  // namespace sekimori
