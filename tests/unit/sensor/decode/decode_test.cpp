#include "sensor/decode/decode.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using Octets = std::vector<std::uint8_t>;

// A whole frame: VLAN 100, 192.0.2.1:49153 to 198.51.100.2:443, PSH and ACK, two bytes.
const Octets kFrame{0x02, 0,    0,    0,    0,    1,    0x02, 0,    0,    0,    0,    2,     // MACs
                    0x81, 0x00, 0x00, 0x64, 0x08, 0x00,                                      // tag
                    0x45, 0x00, 0x00, 0x2a, 0x00, 0x00, 0x40, 0x00, 0x39, 0x06, 0x00, 0x00,  // IPv4
                    192,  0,    2,    1,    198,  51,   100,  2,                             //
                    0xc0, 0x01, 0x01, 0xbb, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02,  // TCP
                    0x50, 0x18, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 'h',  'i'};

PacketView view(Bytes bytes, std::size_t wire_length) {
  return PacketView{bytes, static_cast<std::uint32_t>(wire_length),
                    Timestamp{std::chrono::seconds{5}}, LinkType::ethernet};
}

// Of frames that are no fragments, and so need no memory of others.
Result<Packet> decode(const PacketView& frame) {
  Decoder decoder{0};
  const auto packet = decoder.decode(frame);
  if (!packet) return tl::unexpected{packet.error()};
  EXPECT_TRUE(*packet);
  return packet->value();
}

TEST(Decode, ReadsFromTheFrameToThePayload) {
  const auto packet = decode(view(kFrame, kFrame.size()));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->time, Timestamp{std::chrono::seconds{5}});
  EXPECT_EQ(packet->vlan, 100);
  EXPECT_FALSE(packet->tunnelled);
  EXPECT_EQ(packet->source, IpAddress::parse("192.0.2.1"));
  EXPECT_EQ(packet->destination, IpAddress::parse("198.51.100.2"));
  EXPECT_EQ(packet->source_port, 49153);
  EXPECT_EQ(packet->destination_port, 443);
  EXPECT_EQ(packet->protocol, IpProtocol::tcp);
  EXPECT_EQ(packet->ttl, 57);
  EXPECT_TRUE(packet->dont_fragment);
  EXPECT_EQ(packet->ip_length, 42U);
  EXPECT_EQ(packet->tcp.flags, TcpFlag::kPsh | TcpFlag::kAck);
  EXPECT_EQ(packet->tcp.window, 256);
  EXPECT_EQ(packet->payload_length, 2U);
  ASSERT_EQ(packet->payload.size(), 2U);
  EXPECT_EQ(packet->payload.data(), kFrame.data() + kFrame.size() - 2);
}

TEST(Decode, PaddingAndChecksumsOfTheLinkAreNoPayload) {
  Octets padded = kFrame;
  padded.resize(kFrame.size() + 10, 0x00);
  EXPECT_EQ(decode(view(padded, padded.size()))->payload.size(), 2U);
}

TEST(Decode, ReadsUdp) {
  Octets frame{kFrame.begin(), kFrame.begin() + 38};
  frame[21] = 30;  // total length
  frame[27] = 17;
  frame.insert(frame.end(), {0xc0, 0x01, 0x00, 0x35, 0x00, 0x0a, 0x00, 0x00, 'h', 'i'});
  const auto packet = decode(view(frame, frame.size()));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->destination_port, 53);
  EXPECT_EQ(packet->payload.size(), 2U);
  EXPECT_EQ(packet->payload_length, 2U);

  frame[43] = 0xff;  // a length that IP's contradicts
  EXPECT_EQ(decode(view(frame, frame.size()))->payload_length, 2U);
}

TEST(Decode, OtherProtocolsHaveNoPorts) {
  Octets frame = kFrame;
  frame[27] = 50;  // ESP
  const auto packet = decode(view(frame, frame.size()));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->protocol, IpProtocol::esp);
  EXPECT_EQ(packet->source_port, 0);
  EXPECT_EQ(packet->destination_port, 0);
}

// 203.0.113.1:40000 to port 4789 of 203.0.113.2, VNI 7, and in it the frame above.
Octets in_vxlan(std::uint8_t flags) {
  Octets frame{kFrame.begin(), kFrame.begin() + 12};
  const auto inner = static_cast<std::uint8_t>(kFrame.size());
  const Octets outer{0x08,  0x00,
                     0x45,  0x00,
                     0x00,  static_cast<std::uint8_t>(36 + inner),
                     0,     0,
                     0x00,  0x00,
                     0x40,  0x11,
                     0x00,  0x00,
                     203,   0,
                     113,   1,
                     203,   0,
                     113,   2,
                     0x9c,  0x40,
                     0x12,  0xb5,
                     0x00,  static_cast<std::uint8_t>(16 + inner),
                     0,     0,
                     flags, 0,
                     0,     0,
                     0,     0,
                     7,     0};
  std::copy(outer.begin(), outer.end(), std::back_inserter(frame));
  std::copy(kFrame.begin(), kFrame.end(), std::back_inserter(frame));
  return frame;
}

TEST(Decode, TheInnermostPacketCounts) {
  const Octets frame = in_vxlan(0x08);
  const auto packet = decode(view(frame, frame.size()));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->source, IpAddress::parse("192.0.2.1"));
  EXPECT_EQ(packet->destination_port, 443);
  EXPECT_EQ(packet->ip_length, 42U);
  EXPECT_EQ(packet->vlan, 100);
  EXPECT_EQ(packet->vni, 7U);
  EXPECT_TRUE(packet->tunnelled);
  EXPECT_EQ(packet->payload_length, 2U);
}

TEST(Decode, ATunnelGuessedByItsPortMustHoldOrTheDatagramCounts) {
  Octets no_identifier = in_vxlan(0x00);
  Octets bad_inside = in_vxlan(0x08);
  bad_inside[bad_inside.size() - 10] = 0x10;  // the inner TCP's data offset
  for (const Octets& frame : {no_identifier, bad_inside}) {
    const auto packet = decode(view(frame, frame.size()));
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->protocol, IpProtocol::udp);
    EXPECT_EQ(packet->source, IpAddress::parse("203.0.113.1"));
    EXPECT_EQ(packet->destination_port, 4789);
    EXPECT_EQ(packet->payload.size(), 8 + kFrame.size());
    EXPECT_EQ(packet->vlan, 0);
    EXPECT_FALSE(packet->tunnelled);
    EXPECT_FALSE(packet->vni);
  }
}

// Else a stranger writes sessions into packets of his own.
TEST(Decode, OnlyTunnelsOfNamedEndpointsAreWalked) {
  const Octets frame = in_vxlan(0x08);
  for (const auto& [network, walked] :
       {std::pair{"203.0.113.1/32", true}, std::pair{"203.0.113.2/32", true},
        std::pair{"198.51.100.0/24", false}}) {
    SCOPED_TRACE(network);
    Decoder decoder{0, {*Network::parse(network)}};
    const auto packet = decoder.decode(view(frame, frame.size()));
    ASSERT_TRUE(packet && *packet);
    EXPECT_EQ((*packet)->tunnelled, walked);
    EXPECT_EQ((*packet)->destination_port, walked ? 443 : 4789);
  }
}

TEST(Decode, ATunnelNamedByItsProtocolNumberOwnsItsDefects) {
  Octets frame = kFrame;
  frame[27] = 4;  // IP in IP, and then no IP header
  EXPECT_EQ(decode(view(frame, frame.size())).error(), (Defect{Fault::malformed, Layer::ipv4, 0}));
  frame[27] = 47;  // GRE with source routes: not walked, but a packet of GRE
  frame[38] = 0x40;
  const auto packet = decode(view(frame, frame.size()));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->protocol, IpProtocol::gre);
}

TEST(Decode, PacketsInPacketsEndSomewhere) {
  const auto nested = [](int depth) {
    Octets packet;
    for (int level = depth; level > 0; --level) {
      const auto high = static_cast<std::uint8_t>(20 * level / 256);
      const auto low = static_cast<std::uint8_t>(20 * level % 256);
      const std::uint8_t protocol = level == 1 ? 59 : 4;
      const Octets header{0x45, 0, high, low, 0, 0, 0,   0, 64, protocol,
                          0,    0, 192,  0,   2, 1, 192, 0, 2,  2};
      std::copy(header.begin(), header.end(), std::back_inserter(packet));
    }
    return packet;
  };
  PacketView frame;
  frame.link = LinkType::ipv4;
  const Octets sixteen = nested(16);
  frame.bytes = sixteen;
  ASSERT_TRUE(decode(frame));
  EXPECT_EQ(decode(frame)->ip_length, 20U);
  const Octets seventeen = nested(17);
  frame.bytes = seventeen;
  EXPECT_EQ(decode(frame).error(), (Defect{Fault::unsupported, Layer::link, 0}));
}

TEST(Decode, SnaplenMayCutThePayloadButNoFixedHeader) {
  const std::size_t headers = kFrame.size() - 2;
  for (std::size_t size = 0; size < kFrame.size(); ++size) {
    SCOPED_TRACE(size);
    const auto packet = decode(view(Bytes{kFrame}.first(size), kFrame.size()));
    if (size >= headers) {
      ASSERT_TRUE(packet);
      EXPECT_EQ(packet->payload.size(), size - headers);
      EXPECT_EQ(packet->payload_length, 2U);
    } else {
      ASSERT_FALSE(packet);
      EXPECT_EQ(packet.error().fault, Fault::truncated);
    }
  }
}

TEST(Decode, AFrameThatWasCapturedWholeIsNeverTruncated) {
  const auto packet = decode(view(Bytes{kFrame}.first(30), 30));
  ASSERT_FALSE(packet);
  EXPECT_EQ(packet.error(), (Defect{Fault::malformed, Layer::ipv4, 12}));
}

TEST(Decode, CountsWhatItCannotRead) {
  struct Case {
    std::string_view what;
    std::size_t at;
    std::uint8_t value;
    Defect defect;
  };
  const Case cases[] = {
      {"ARP", 17, 0x06, {Fault::unsupported, Layer::link, 0}},
      {"22 bytes and more to follow", 24, 0x20, {Fault::malformed, Layer::ipv4, 6}},
      {"a TCP header that IP cuts off", 21, 39, {Fault::malformed, Layer::tcp, 18}},
      {"a TCP header of 16 bytes", 50, 0x40, {Fault::malformed, Layer::tcp, 12}},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    Octets frame = kFrame;
    frame[row.at] = row.value;
    const auto packet = decode(view(frame, frame.size()));
    ASSERT_FALSE(packet);
    EXPECT_EQ(packet.error(), row.defect);
  }
}

}  // namespace
}  // namespace sekimori
