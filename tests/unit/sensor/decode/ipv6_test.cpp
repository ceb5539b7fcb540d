#include "sensor/decode/ipv6.h"

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

// RFC 8200, section 3: 2001:db8::1 to 2001:db8::2, hop limit 57.
Octets packet(std::uint8_t next_header, const Octets& content) {
  Octets bytes{0x60, 0, 0, 0, 0, static_cast<std::uint8_t>(content.size()), next_header, 57};
  append(bytes, {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  append(bytes, {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2});
  append(bytes, content);
  return bytes;
}

struct Case {
  std::string_view what;
  std::uint8_t next_header;
  Octets content;
  std::uint8_t protocol;
  std::size_t payload;
};

const std::vector<Case> kPackets{
    {"no extension", 17, {'a', 'b'}, 17, 2},
    {"hop-by-hop with padding", 0, {6, 0, 1, 4, 0, 0, 0, 0, 'a'}, 6, 1},
    {"routing of two units", 43, {6, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'a'}, 6, 1},
    {"destination options, then routing",
     60,
     {43, 0, 1, 4, 0, 0, 0, 0, 17, 0, 4, 0, 0, 0, 0, 0, 'a'},
     17,
     1},
    {"atomic fragment (RFC 6946)", 44, {6, 0, 0, 0, 1, 2, 3, 4, 'a', 'b'}, 6, 2},
    {"fragment header with reserved bits", 44, {6, 0, 0, 6, 1, 2, 3, 4, 'a'}, 6, 1},
    {"AH with a 12-byte check value (RFC 4302)",
     51,
     {6, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 'a'},
     6,
     1},
    {"an atomic fragment, then options",
     44,
     {60, 0, 0, 0, 1, 2, 3, 4, 6, 0, 1, 4, 0, 0, 0, 0, 'a'},
     6,
     1},
    {"mobility (RFC 6275)", 135, {59, 0, 0, 0, 0, 0, 0, 0}, 59, 0},
    {"ESP ends the chain", 50, {1, 2, 3, 4}, 50, 4},
};

TEST(Ipv6, WalksExtensionsToTheUpperLayer) {
  for (const Case& row : kPackets) {
    SCOPED_TRACE(row.what);
    const Octets bytes = packet(row.next_header, row.content);
    const auto ip = parse_ipv6(bytes);
    ASSERT_TRUE(ip);
    EXPECT_EQ(ip->source, IpAddress::parse("2001:db8::1"));
    EXPECT_EQ(ip->destination, IpAddress::parse("2001:db8::2"));
    EXPECT_EQ(ip->ttl, 57);
    EXPECT_FALSE(ip->dont_fragment);
    EXPECT_EQ(ip->protocol, IpProtocol{row.protocol});
    EXPECT_EQ(ip->length, bytes.size());
    EXPECT_EQ(ip->payload.size(), row.payload);
    EXPECT_EQ(ip->payload_length, row.payload);
  }
}

TEST(Ipv6, EveryPrefixOfTheHeadersIsTruncatedAndNeverMalformed) {
  for (const Case& row : kPackets) {
    const Octets bytes = packet(row.next_header, row.content);
    for (std::size_t size = 0; size < bytes.size() - row.payload; ++size) {
      SCOPED_TRACE(std::string{row.what} + " cut at " + std::to_string(size));
      const auto ip = parse_ipv6(Bytes{bytes}.first(size));
      ASSERT_FALSE(ip);
      EXPECT_EQ(ip.error().fault, Fault::truncated);
    }
  }
}

TEST(Ipv6, PayloadEndsAtItsLengthAndKeepsItWhenCut) {
  Octets bytes = packet(17, {'a', 'b'});
  EXPECT_EQ(parse_ipv6(Bytes{bytes}.first(41))->payload.size(), 1U);
  EXPECT_EQ(parse_ipv6(Bytes{bytes}.first(41))->payload_length, 2U);
  bytes.resize(60, 0x00);
  EXPECT_EQ(parse_ipv6(bytes)->payload.size(), 2U);
}

TEST(Ipv6, LengthZeroMeansAsMuchAsWasCaptured) {
  Octets bytes = packet(6, {'a', 'b'});
  bytes[5] = 0;
  const auto ip = parse_ipv6(bytes);
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->length, 42U);
  EXPECT_EQ(ip->payload_length, 2U);
}

TEST(Ipv6, SaysWhichPartOfAPacketAFragmentIs) {
  // Its chain goes on in the packet, not in the fragment.
  const Octets bytes = packet(0, {44, 0, 1, 4, 0,   0,   0,   0,  // hop-by-hop
                                  60, 0, 0, 9, 1,   2,   3,   4,  // fragment at 8, more to come
                                  6,  9, 1, 4, 'a', 'b', 'c', 'd'});
  const auto ip = parse_ipv6(bytes);
  ASSERT_TRUE(ip);
  EXPECT_TRUE(ip->is_fragment);
  EXPECT_TRUE(ip->more_fragments);
  EXPECT_EQ(ip->fragment_offset, 8U);
  EXPECT_EQ(ip->identification, 0x01020304U);
  EXPECT_EQ(ip->protocol, IpProtocol{60});
  EXPECT_EQ(ip->payload.size(), 8U);
  EXPECT_EQ(ip->payload_length, 8U);
  EXPECT_EQ(ip->length, 64U);
}

TEST(Ipv6, WalksOnInAPacketPutTogether) {
  const Octets content{6, 0, 1, 4, 0, 0, 0, 0, 'a', 'b'};
  IpHeader whole = *parse_ipv6(packet(59, {}));
  whole.protocol = IpProtocol{60};
  whole.payload = content;
  whole.payload_length = 12;  // two bytes were cut
  const auto ip = parse_ipv6_rest(whole);
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->protocol, IpProtocol::tcp);
  EXPECT_EQ(ip->payload.size(), 2U);
  EXPECT_EQ(ip->payload_length, 4U);

  const Octets again{6, 0, 0, 9, 1, 2, 3, 4, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'};
  whole.protocol = IpProtocol{44};
  whole.payload = again;
  whole.payload_length = 16;
  EXPECT_EQ(parse_ipv6_rest(whole).error(), (Defect{Fault::unsupported, Layer::ipv6, 40}));
}

TEST(Ipv6, RefusesWhatCannotBeTrueOrReadOn) {
  struct Refusal {
    std::string_view what;
    Octets bytes;
    Defect defect;
  };
  Octets version_4 = packet(17, {});
  version_4[0] = 0x45;
  Octets chain;
  for (int count = 0; count < 9; ++count) append(chain, {60, 0, 1, 4, 0, 0, 0, 0});
  const Refusal refusals[] = {
      {"version 4", version_4, {Fault::malformed, Layer::ipv6, 0}},
      {"an empty fragment",
       packet(44, {6, 0, 0, 8, 1, 2, 3, 4}),
       {Fault::malformed, Layer::ipv6, 48}},
      {"a byte and more to follow",
       packet(44, {6, 0, 0, 1, 1, 2, 3, 4, 'a'}),
       {Fault::malformed, Layer::ipv6, 48}},
      {"nine extensions", packet(60, chain), {Fault::unsupported, Layer::ipv6, 104}},
      {"an extension past the packet's length",
       packet(60, {6, 9, 1, 4, 0, 0, 0, 0}),
       {Fault::truncated, Layer::ipv6, 48}},
  };
  for (const Refusal& row : refusals) {
    SCOPED_TRACE(row.what);
    const auto ip = parse_ipv6(row.bytes);
    ASSERT_FALSE(ip);
    EXPECT_EQ(ip.error(), row.defect);
  }
}

}  // namespace
}  // namespace sekimori
