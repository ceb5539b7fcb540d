#include "sensor/decode/link.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using Octets = std::vector<std::uint8_t>;

void append(Octets& bytes, const Octets& more) {
  std::copy(more.begin(), more.end(), std::back_inserter(bytes));
}

// Two addresses as in any frame, then what the case is about.
Octets ethernet(const Octets& from_type) {
  Octets frame{0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0x02};
  append(frame, from_type);
  return frame;
}

Octets joined(Octets bytes, const Octets& more) {
  append(bytes, more);
  return bytes;
}

// IEEE 802.11, section 9.3.2.1: control, duration, three addresses, sequence, `extra`; then SNAP.
Octets wireless(std::uint8_t kind, std::uint8_t flags, const Octets& extra = {}) {
  Octets frame{kind, flags};
  frame.resize(24);
  append(frame, extra);
  append(frame, {0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00, 0x45});
  return frame;
}

struct Case {
  std::string_view what;
  LinkType link;
  Octets frame;
  EtherType type;
  std::uint16_t vlan;
  std::size_t payload;
};

const std::vector<Case> kFrames{
    {"Ethernet II", LinkType::ethernet, ethernet({0x08, 0x00, 0x45, 0x00}), EtherType::ipv4, 0, 2},
    {"802.1Q, id 100, priority 5", LinkType::ethernet,
     ethernet({0x81, 0x00, 0xa0, 0x64, 0x86, 0xdd, 0x60}), EtherType::ipv6, 100, 1},
    {"802.1Q priority tag only", LinkType::ethernet,
     ethernet({0x81, 0x00, 0x60, 0x00, 0x08, 0x00, 0x45}), EtherType::ipv4, 0, 1},
    {"802.1ad: the outer id counts", LinkType::ethernet,
     ethernet({0x88, 0xa8, 0x00, 0x07, 0x81, 0x00, 0x00, 0x64, 0x08, 0x00, 0x45}), EtherType::ipv4,
     7, 1},
    {"QinQ with 0x9100", LinkType::ethernet,
     ethernet({0x91, 0x00, 0x0f, 0xfe, 0x81, 0x00, 0x00, 0x64, 0x08, 0x00, 0x45}), EtherType::ipv4,
     4094, 1},
    {"Cisco metadata, tag 0x16", LinkType::ethernet,
     ethernet({0x89, 0x09, 0x01, 0x01, 0x00, 0x01, 0x00, 0x16, 0x08, 0x00, 0x45}), EtherType::ipv4,
     0, 1},
    {"802.3 with LLC and SNAP", LinkType::ethernet,
     ethernet({0x00, 0x09, 0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00, 0x08, 0x00, 0x45}), EtherType::ipv4,
     0, 1},
    {"ARP is named, whatever comes of it", LinkType::ethernet, ethernet({0x08, 0x06, 0x00, 0x01}),
     EtherType{0x0806}, 0, 2},
    {"raw IPv4, DLT 12", LinkType::raw_ip_bsd, {0x45, 0x00}, EtherType::ipv4, 0, 2},
    {"raw IPv6, DLT 14", LinkType::raw_ip_openbsd, {0x60, 0x00}, EtherType::ipv6, 0, 2},
    {"raw IPv4, DLT 101", LinkType::raw_ip, {0x4f, 0x00}, EtherType::ipv4, 0, 2},
    {"IPv4 link", LinkType::ipv4, {0x45}, EtherType::ipv4, 0, 1},
    {"IPv6 link", LinkType::ipv6, {0x60}, EtherType::ipv6, 0, 1},
    {"null, little-endian AF_INET",
     LinkType::null_loopback,
     {2, 0, 0, 0, 0x45},
     EtherType::ipv4,
     0,
     1},
    {"null, big-endian AF_INET",
     LinkType::null_loopback,
     {0, 0, 0, 2, 0x45},
     EtherType::ipv4,
     0,
     1},
    {"null, AF_INET6 of macOS",
     LinkType::null_loopback,
     {30, 0, 0, 0, 0x60},
     EtherType::ipv6,
     0,
     1},
    {"null, AF_INET6 of FreeBSD",
     LinkType::null_loopback,
     {28, 0, 0, 0, 0x60},
     EtherType::ipv6,
     0,
     1},
    {"null, AF_INET6 of Linux",
     LinkType::null_loopback,
     {10, 0, 0, 0, 0x60},
     EtherType::ipv6,
     0,
     1},
    {"OpenBSD loopback, AF_INET6",
     LinkType::openbsd_loopback,
     {0, 0, 0, 24, 0x60},
     EtherType::ipv6,
     0,
     1},
    {"Linux cooked",
     LinkType::linux_cooked,
     {0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00, 0x45},
     EtherType::ipv4,
     0,
     1},
    {"Linux cooked with a VLAN",
     LinkType::linux_cooked,
     {0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0x00, 0, 5, 0x08, 0x00, 0x45},
     EtherType::ipv4,
     5,
     1},
    {"Linux cooked v2",
     LinkType::linux_cooked_v2,
     {0x86, 0xdd, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x60},
     EtherType::ipv6,
     0,
     1},
    {"PPP with address and control",
     LinkType::ppp,
     {0xff, 0x03, 0x00, 0x21, 0x45},
     EtherType::ipv4,
     0,
     1},
    {"PPP without", LinkType::ppp, {0x00, 0x57, 0x60}, EtherType::ipv6, 0, 1},
    {"PPP, field compressed", LinkType::ppp, {0x21, 0x45}, EtherType::ipv4, 0, 1},
    {"PPP with MPLS", LinkType::ppp, {0x02, 0x81, 0x00}, EtherType::mpls, 0, 1},
    {"Cisco HDLC", LinkType::cisco_hdlc, {0x0f, 0, 0x08, 0x00, 0x45}, EtherType::ipv4, 0, 1},
    {"HDLC on a line of PPP", LinkType::ppp, {0x8f, 0, 0x86, 0xdd, 0x60}, EtherType::ipv6, 0, 1},
    {"PPP in HDLC framing",
     LinkType::ppp_hdlc,
     {0xff, 0x03, 0x00, 0x21, 0x45},
     EtherType::ipv4,
     0,
     1},
    {"802.11 data", LinkType::ieee802_11, wireless(0x08, 0x01), EtherType::ipv4, 0, 1},
    {"802.11 with the control bytes swapped", LinkType::ieee802_11, wireless(0x11, 0x08),
     EtherType::ipv4, 0, 1},
    {"802.11 of quality of service", LinkType::ieee802_11, wireless(0x88, 0x02, {0, 0}),
     EtherType::ipv4, 0, 1},
    {"802.11 between access points", LinkType::ieee802_11, wireless(0x08, 0x03, {0, 0, 0, 0, 0, 7}),
     EtherType::ipv4, 0, 1},
    {"radiotap", LinkType::ieee802_11_radiotap,
     joined({0, 0, 8, 0, 0, 0, 0, 0}, wireless(0x08, 0x01)), EtherType::ipv4, 0, 1},
    {"PPI around Ethernet", LinkType::per_packet_information,
     joined({0, 0, 12, 0, 1, 0, 0, 0, 9, 9, 0, 0}, ethernet({0x08, 0x00, 0x45})), EtherType::ipv4,
     0, 1},
    {"NFLOG, the packet behind a prefix of odd length",
     LinkType::nflog,
     {2, 0, 0, 42, 5, 0, 10, 0, 0, 0, 0, 0, 6, 0, 9, 0, 0x45, 0x00},
     EtherType::ipv4,
     0,
     2},
};

TEST(Link, NamesWhatTheFrameCarries) {
  for (const Case& row : kFrames) {
    SCOPED_TRACE(row.what);
    const auto link = parse_link(row.link, row.frame);
    ASSERT_TRUE(link);
    EXPECT_EQ(link->content.type, row.type);
    EXPECT_EQ(link->vlan, row.vlan);
    EXPECT_EQ(link->content.bytes.size(), row.payload);
  }
}

TEST(Link, EveryPrefixOfAHeaderIsTruncatedAndNeverMalformed) {
  for (const Case& row : kFrames) {
    const bool has_no_header = row.link == LinkType::ipv4 || row.link == LinkType::ipv6;
    const bool is_bare = has_no_header || row.link == LinkType::raw_ip_bsd ||
                         row.link == LinkType::raw_ip_openbsd || row.link == LinkType::raw_ip;
    const std::size_t header = has_no_header ? 0 : is_bare ? 1 : row.frame.size() - row.payload;
    for (std::size_t size = 0; size < header; ++size) {
      SCOPED_TRACE(std::string{row.what} + " cut at " + std::to_string(size));
      const auto link = parse_link(row.link, Bytes{row.frame}.first(size));
      ASSERT_FALSE(link);
      EXPECT_EQ(link.error().fault, Fault::truncated);
    }
  }
}

TEST(Link, RefusesWhatItCannotName) {
  struct Refusal {
    std::string_view what;
    LinkType link;
    Octets frame;
    Defect defect;
  };
  Octets nine_tags = ethernet({});
  for (int tag = 0; tag < 9; ++tag) append(nine_tags, {0x81, 0x00, 0x00, 0x01});
  append(nine_tags, {0x08, 0x00, 0x45});
  const Refusal refusals[] = {
      {"spanning tree",
       LinkType::ethernet,
       ethernet({0x00, 0x07, 0x42, 0x42, 0x03, 0, 0, 0, 0, 0, 0, 0}),
       {Fault::unsupported, Layer::link, 12}},
      {"nine VLAN tags", LinkType::ethernet, nine_tags, {Fault::unsupported, Layer::link, 12}},
      {"a user's link type", LinkType{147}, {0x08}, {Fault::unsupported, Layer::link, 0}},
      {"802.11, protected",
       LinkType::ieee802_11,
       wireless(0x08, 0x41),
       {Fault::unsupported, Layer::link, 0}},
      {"802.11 beacon",
       LinkType::ieee802_11,
       wireless(0x80, 0x00),
       {Fault::unsupported, Layer::link, 0}},
      {"802.11 without data",
       LinkType::ieee802_11,
       wireless(0x48, 0x01),
       {Fault::unsupported, Layer::link, 0}},
      {"PPI in PPI",
       LinkType::per_packet_information,
       {0, 0, 8, 0, 192, 0, 0, 0, 0},
       {Fault::unsupported, Layer::link, 4}},
      {"PPI shorter than itself",
       LinkType::per_packet_information,
       {0, 0, 7, 0, 1, 0, 0, 0, 0},
       {Fault::malformed, Layer::link, 2}},
      {"an NFLOG attribute shorter than its head",
       LinkType::nflog,
       {2, 0, 0, 42, 3, 0, 10, 0},
       {Fault::malformed, Layer::link, 4}},
      {"AppleTalk on loopback",
       LinkType::null_loopback,
       {16, 0, 0, 0, 1},
       {Fault::unsupported, Layer::link, 0}},
      {"a family of two bytes",
       LinkType::null_loopback,
       {2, 1, 0, 0, 1},
       {Fault::unsupported, Layer::link, 0}},
      {"PPP link control",
       LinkType::ppp,
       {0xff, 0x03, 0xc0, 0x21},
       {Fault::unsupported, Layer::link, 0}},
      {"IP version 5", LinkType::raw_ip, {0x50}, {Fault::malformed, Layer::link, 0}},
  };
  for (const Refusal& row : refusals) {
    SCOPED_TRACE(row.what);
    const auto link = parse_link(row.link, row.frame);
    ASSERT_FALSE(link);
    EXPECT_EQ(link.error(), row.defect);
  }
}

}  // namespace
}  // namespace sekimori
