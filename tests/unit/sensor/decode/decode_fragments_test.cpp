#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sensor/decode/decode.h"

namespace sekimori {
namespace {

using Octets = std::vector<std::uint8_t>;

// 192.0.2.1:49153 to 198.51.100.2:443, PSH and ACK, two bytes.
const Octets kInner{0x45, 0x00, 0x00, 0x2a, 0x00, 0x00, 0x40, 0x00, 0x39, 0x06, 0x00, 0x00,  // IPv4
                    192,  0,    2,    1,    198,  51,   100,  2,                             //
                    0xc0, 0x01, 0x01, 0xbb, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02,  // TCP
                    0x50, 0x18, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 'h',  'i'};

// Ethernet with VLAN 100.
const Octets kLink{0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x81, 0x00, 0x00, 0x64, 0x08, 0x00};

void append(Octets& bytes, const Octets& more) {
  std::copy(more.begin(), more.end(), std::back_inserter(bytes));
}

// An IPv4 packet in fragments of 24 bytes and what is left.
std::vector<Octets> fragments_of(const Octets& packet) {
  std::vector<Octets> fragments;
  for (std::size_t at = 20; at < packet.size(); at += 24) {
    const std::size_t end = std::min(at + 24, packet.size());
    Octets fragment{packet.begin(), packet.begin() + 20};
    fragment[3] = static_cast<std::uint8_t>(20 + end - at);
    fragment[6] = end < packet.size() ? 0x20 : 0x00;
    fragment[7] = static_cast<std::uint8_t>((at - 20) / 8);
    fragment.insert(fragment.end(), packet.begin() + static_cast<std::ptrdiff_t>(at),
                    packet.begin() + static_cast<std::ptrdiff_t>(end));
    fragments.push_back(std::move(fragment));
  }
  return fragments;
}

// Around `inner`: 203.0.113.1 to 203.0.113.2.
Octets in_ipv4(std::uint8_t protocol, const Octets& inner) {
  Octets packet{0x45, 0,        0,   static_cast<std::uint8_t>(20 + inner.size()),
                0x77, 0x77,     0,   0,
                64,   protocol, 0,   0,
                203,  0,        113, 1,
                203,  0,        113, 2};
  append(packet, inner);
  return packet;
}

PacketView view(Bytes bytes, LinkType link) {
  return PacketView{bytes, static_cast<std::uint32_t>(bytes.size()),
                    Timestamp{std::chrono::seconds{5}}, link};
}
PacketView raw(Bytes bytes) {
  return view(bytes, LinkType::raw_ip);
}

// What the last of the packets yields; those before it must be held.
std::optional<Packet> decode_all(Decoder& decoder, const std::vector<Octets>& packets) {
  std::optional<Packet> last;
  for (const Octets& packet : packets) {
    EXPECT_FALSE(last);
    const auto decoded = decoder.decode(raw(packet));
    EXPECT_TRUE(decoded);
    last = decoded ? *decoded : std::nullopt;
  }
  return last;
}

void expect_inner(const Packet& packet) {
  EXPECT_EQ(packet.source, IpAddress::parse("192.0.2.1"));
  EXPECT_EQ(packet.destination_port, 443);
  EXPECT_EQ(packet.tcp.window, 256);
  EXPECT_EQ(packet.payload_length, 2U);
  EXPECT_EQ(std::string(packet.payload.begin(), packet.payload.end()), "hi");
}

TEST(DecodeFragments, PutsAPacketTogether) {
  Decoder decoder{0};
  const std::vector<Octets> fragments = fragments_of(kInner);
  ASSERT_EQ(fragments.size(), 1U) << "22 bytes need not be cut";
  Octets longer = kInner;
  longer.resize(20 + 60, 'x');
  const auto packet = decode_all(decoder, fragments_of(longer));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->source_port, 49153);
  EXPECT_EQ(packet->tcp.window, 256);
  EXPECT_EQ(packet->payload_length, 40U);
  EXPECT_EQ(packet->payload.size(), 40U);
  EXPECT_EQ(packet->fragments, 3U);
  EXPECT_EQ(packet->ip_length, 120U) << "as it was on the wire";
  EXPECT_FALSE(packet->tunnelled);
}

TEST(DecodeFragments, VlanTagsDoNotTellFragmentsApart) {
  Octets longer = kInner;
  longer.resize(20 + 30, 'x');
  Decoder decoder{0};
  std::uint8_t vlan = 100;
  std::optional<Packet> packet;
  for (const Octets& fragment : fragments_of(longer)) {
    Octets frame = kLink;
    frame[15] = ++vlan;
    append(frame, fragment);
    packet = *decoder.decode(view(frame, LinkType::ethernet));
  }
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->vlan, 102) << "of the frame that made it whole";
}

TEST(DecodeFragments, WalksIntoATunnelWhosePacketsAreFragmented) {
  Decoder decoder{0};
  const auto packet = decode_all(decoder, fragments_of(in_ipv4(4, kInner)));
  ASSERT_TRUE(packet);
  expect_inner(*packet);
  EXPECT_TRUE(packet->tunnelled);
  EXPECT_EQ(packet->fragments, 1U) << "the inner one was never cut";
  EXPECT_EQ(packet->ip_length, 42U);
}

TEST(DecodeFragments, PutsTogetherWhatATunnelCarriesInFragments) {
  Octets longer = kInner;
  longer.resize(20 + 30, 'x');
  std::vector<Octets> outers;
  for (const Octets& fragment : fragments_of(longer)) outers.push_back(in_ipv4(4, fragment));
  Decoder decoder{0};
  const auto packet = decode_all(decoder, outers);
  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->tunnelled);
  EXPECT_EQ(packet->fragments, 2U);
  EXPECT_EQ(packet->payload_length, 10U);

  // And in a tunnel whose own packets are cut: each outer one has its own identification.
  std::vector<Octets> cut;
  for (Octets outer : outers) {
    outer[4] = static_cast<std::uint8_t>(cut.size());
    for (const Octets& piece : fragments_of(outer)) cut.push_back(piece);
  }
  EXPECT_EQ(cut.size(), 4U);
  Decoder other{0};
  const auto same = decode_all(other, cut);
  ASSERT_TRUE(same);
  EXPECT_EQ(same->fragments, 2U);
  EXPECT_EQ(std::string(same->payload.begin(), same->payload.end()), "hixxxxxxxx");
}

TEST(DecodeFragments, APacketPutTogetherMayStillNotBeATunnel) {
  const auto inner = static_cast<std::uint8_t>(kLink.size() + kInner.size());
  Octets datagram{0x9c, 0x40, 0x12, 0xb5, 0x00, static_cast<std::uint8_t>(16 + inner),
                  0,    0,    0x08, 0,    0,    0,
                  0,    0,    7,    0};  // to port 4789, VNI 7
  append(datagram, kLink);
  append(datagram, kInner);
  datagram[datagram.size() - 10] = 0x10;  // the inner TCP's data offset
  const Octets outer = in_ipv4(17, datagram);
  Decoder decoder{0};
  const auto packet = decode_all(decoder, fragments_of(outer));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->destination_port, 4789);
  EXPECT_EQ(packet->payload.size(), 8U + inner);
  EXPECT_TRUE(std::equal(packet->payload.begin(), packet->payload.end(), outer.begin() + 28));
}

TEST(DecodeFragments, WalksOnBehindTheFragmentHeaderOfIpv6) {
  const auto fragment = [](std::uint8_t flags, const Octets& part) {
    Octets packet{0x60, 0, 0, 0, 0, static_cast<std::uint8_t>(8 + part.size()), 44, 57};
    for (const std::uint8_t end : {std::uint8_t{1}, std::uint8_t{2}}) {
      const Octets address{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, end};
      append(packet, address);
    }
    append(packet, {60, 0, 0, flags, 0, 0, 0, 9});
    append(packet, part);
    return packet;
  };
  // Destination options in the first fragment, UDP in the second.
  const std::vector<Octets> fragments{
      fragment(0x01, {17, 0, 1, 4, 0, 0, 0, 0}),
      fragment(0x08, {0xc0, 0x01, 0x00, 0x35, 0x00, 0x0a, 0x00, 0x00, 'h', 'i'})};
  Decoder decoder{0};
  const auto packet = decode_all(decoder, fragments);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->protocol, IpProtocol::udp);
  EXPECT_EQ(packet->destination_port, 53);
  EXPECT_EQ(packet->payload_length, 2U);
  EXPECT_EQ(packet->ip_length, 56U + 58U);
}

TEST(DecodeFragments, AFragmentThatTheCaptureCutMakesTruncatedAndNotMalformed) {
  Octets longer = kInner;
  longer.resize(20 + 30, 'x');
  std::vector<Octets> fragments = fragments_of(longer);
  Decoder decoder{0};
  PacketView cut = raw(Bytes{fragments[0]}.first(30));  // amid TCP's fixed header
  cut.wire_length = static_cast<std::uint32_t>(fragments[0].size());
  EXPECT_EQ(*decoder.decode(cut), std::nullopt);
  const auto packet = decoder.decode(raw(fragments[1]));
  ASSERT_FALSE(packet);
  EXPECT_EQ(packet.error(), (Defect{Fault::truncated, Layer::tcp, 8}));
}

}  // namespace
}  // namespace sekimori
