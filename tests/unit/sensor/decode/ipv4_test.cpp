#include "sensor/decode/ipv4.h"

#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using Octets = std::vector<std::uint8_t>;

// RFC 791, section 3.1: 192.0.2.1 to 198.51.100.2, TTL 57, don't fragment, UDP, four bytes.
const Octets kPacket{0x45, 0x00, 0x00, 0x18, 0x12, 0x34, 0x40, 0x00, 0x39, 0x11, 0x00, 0x00,
                     192,  0,    2,    1,    198,  51,   100,  2,    'a',  'b',  'c',  'd'};

Octets with(std::size_t at, std::uint8_t value) {
  Octets bytes = kPacket;
  bytes[at] = value;
  return bytes;
}

TEST(Ipv4, ReadsTheHeader) {
  const auto ip = parse_ipv4(kPacket);
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->source, IpAddress::parse("192.0.2.1"));
  EXPECT_EQ(ip->destination, IpAddress::parse("198.51.100.2"));
  EXPECT_EQ(ip->protocol, IpProtocol::udp);
  EXPECT_EQ(ip->ttl, 57);
  EXPECT_TRUE(ip->dont_fragment);
  EXPECT_EQ(ip->length, 24U);
  EXPECT_EQ(ip->payload_length, 4U);
  ASSERT_EQ(ip->payload.size(), 4U);
  EXPECT_EQ(ip->payload[0], 'a');
  EXPECT_FALSE(parse_ipv4(with(6, 0x00))->dont_fragment);
}

TEST(Ipv4, SkipsOptions) {
  Octets bytes = with(0, 0x46);
  bytes[3] = 28;
  bytes.insert(bytes.begin() + 20, {0x94, 0x04, 0x00, 0x00});  // router alert, RFC 2113
  const auto ip = parse_ipv4(bytes);
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->payload[0], 'a');
  EXPECT_EQ(ip->payload_length, 4U);
}

TEST(Ipv4, PayloadStopsAtTotalLengthNotAtLinkPadding) {
  Octets padded = kPacket;
  padded.resize(46, 0x00);
  EXPECT_EQ(parse_ipv4(padded)->payload.size(), 4U);
}

TEST(Ipv4, APayloadCutByTheCaptureKeepsItsDeclaredLength) {
  const auto ip = parse_ipv4(Bytes{kPacket}.first(21));
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->payload.size(), 1U);
  EXPECT_EQ(ip->payload_length, 4U);
  EXPECT_EQ(ip->length, 24U);
}

TEST(Ipv4, LengthZeroMeansAsMuchAsWasCaptured) {
  const auto ip = parse_ipv4(with(3, 0));
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->length, 24U);
  EXPECT_EQ(ip->payload_length, 4U);
}

TEST(Ipv4, EveryPrefixOfTheHeaderIsTruncatedAndNeverMalformed) {
  Octets bytes = with(0, 0x46);
  bytes[3] = 28;
  bytes.insert(bytes.begin() + 20, {0x94, 0x04, 0x00, 0x00});
  for (std::size_t size = 0; size < 24; ++size) {
    SCOPED_TRACE(size);
    const auto ip = parse_ipv4(Bytes{bytes}.first(size));
    ASSERT_FALSE(ip);
    EXPECT_EQ(ip.error().fault, Fault::truncated);
  }
}

TEST(Ipv4, SaysWhichPartOfAPacketAFragmentIs) {
  const auto whole = parse_ipv4(kPacket);
  EXPECT_FALSE(whole->is_fragment);
  EXPECT_EQ(whole->identification, 0x1234U);
  EXPECT_EQ(whole->fragments, 1U);

  Octets bytes = with(6, 0x20);
  bytes[3] = 28;
  bytes.insert(bytes.end(), {'e', 'f', 'g', 'h'});
  const auto first = parse_ipv4(bytes);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->is_fragment);
  EXPECT_TRUE(first->more_fragments);
  EXPECT_EQ(first->fragment_offset, 0U);
  EXPECT_EQ(first->payload.size(), 8U);

  bytes[6] = 0x1f;
  bytes[7] = 0xff;
  bytes[3] = 23;
  const auto last = parse_ipv4(bytes);
  ASSERT_TRUE(last);
  EXPECT_TRUE(last->is_fragment);
  EXPECT_FALSE(last->more_fragments);
  EXPECT_EQ(last->fragment_offset, 65528U);
  EXPECT_EQ(last->payload.size(), 3U);
}

TEST(Ipv4, RefusesWhatCannotBeTrue) {
  struct Case {
    std::string_view what;
    std::size_t at;
    std::uint8_t value;
    Defect defect;
  };
  const Case cases[] = {
      {"version 6", 0, 0x65, {Fault::malformed, Layer::ipv4, 0}},
      {"header of 16 bytes", 0, 0x44, {Fault::malformed, Layer::ipv4, 0}},
      {"header longer than the capture", 0, 0x47, {Fault::truncated, Layer::ipv4, 20}},
      {"total length inside the header", 3, 19, {Fault::malformed, Layer::ipv4, 2}},
      {"four bytes and more to follow", 6, 0x20, {Fault::malformed, Layer::ipv4, 6}},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const auto ip = parse_ipv4(with(row.at, row.value));
    ASSERT_FALSE(ip);
    EXPECT_EQ(ip.error(), row.defect);
  }
  Octets empty = with(7, 0x01);
  empty[3] = 20;
  EXPECT_EQ(parse_ipv4(empty).error(), (Defect{Fault::malformed, Layer::ipv4, 6}));
}

}  // namespace
}  // namespace sekimori
