#include "sensor/capture/pcapng.h"

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using Octets = std::vector<std::uint8_t>;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// draft-ietf-opsawg-pcapng, section 4.1: version 1.0, length unknown; a whole block.
const Octets kSection{0x0a, 0x0d, 0x0d, 0x0a, 0x1c, 0, 0,    0,    0x4d, 0x3c,
                      0x2b, 0x1a, 0x01, 0,    0,    0, 0xff, 0xff, 0xff, 0xff,
                      0xff, 0xff, 0xff, 0xff, 0x1c, 0, 0,    0};
// Section 4.2, without its head: raw IP, snaplen 96, if_name "eth0", if_tsresol 10^-9, if_tsoffset
// 3600 s.
const Octets kInterface{101,  0,    0, 0, 96, 0, 0, 0, 2, 0, 4,  0, 'e', 't',
                        'h',  '0',  9, 0, 1,  0, 9, 0, 0, 0, 14, 0, 8,   0,
                        0x10, 0x0e, 0, 0, 0,  0, 0, 0, 0, 0, 0,  0};
// Section 4.3: interface 1, ticks 0x0000000100000002, 3 bytes of 60, padded.
const Octets kEnhanced{1, 0, 0, 0, 1,  0, 0, 0, 2,   0,   0,   0,
                       3, 0, 0, 0, 60, 0, 0, 0, 'a', 'b', 'c', 0};
// Appendix A: interface 1, 5 drops, and the same.
const Octets kObsolete{1, 0, 5, 0, 1,  0, 0, 0, 2,   0,   0,   0,
                       3, 0, 0, 0, 60, 0, 0, 0, 'a', 'b', 'c', 0};
// Section 4.4: 3 bytes on the wire, padded.
const Octets kSimple{3, 0, 0, 0, 'a', 'b', 'c', 0};

TEST(Pcapng, ASectionSaysItsByteOrder) {
  const auto head = parse_pcapng_block_head(kSection, std::endian::big);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->type, PcapngType::section_header);
  EXPECT_EQ(head->order, std::endian::little);
  EXPECT_EQ(head->length, 28U);
  EXPECT_TRUE(parse_pcapng_section(Bytes{kSection}.subspan(8, 16), head->order));

  const Octets big{0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0x1c, 0x1a, 0x2b, 0x3c, 0x4d};
  const auto other = parse_pcapng_block_head(big, std::endian::little);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->order, std::endian::big);
  EXPECT_EQ(other->length, 28U);
  EXPECT_TRUE(begins_like_pcapng(big));
  EXPECT_FALSE(begins_like_pcapng(kEnhanced));
}

TEST(Pcapng, RefusesHeadsThatCannotBeTrue) {
  struct Case {
    std::string_view what;
    Octets head;
    Defect defect;
  };
  const Case cases[] = {
      {"shorter than a block",
       {6, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0},
       {Fault::malformed, Layer::link, 4}},
      {"not in words", {6, 0, 0, 0, 33, 0, 0, 0, 0, 0, 0, 0}, {Fault::malformed, Layer::link, 4}},
      {"no byte order",
       {0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 1, 2, 3, 4},
       {Fault::malformed, Layer::link, 8}},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const auto head = parse_pcapng_block_head(row.head, std::endian::little);
    ASSERT_FALSE(head);
    EXPECT_EQ(head.error(), row.defect);
  }
  Octets version_2{kSection.begin() + 8, kSection.end() - 4};
  version_2[4] = 2;
  EXPECT_EQ(parse_pcapng_section(version_2, std::endian::little).error().fault, Fault::unsupported);
}

TEST(Pcapng, ReadsAnInterface) {
  const auto interface = parse_pcapng_interface(kInterface, std::endian::little);
  ASSERT_TRUE(interface);
  EXPECT_EQ(interface->link, LinkType::raw_ip);
  EXPECT_EQ(interface->snaplen, 96U);
  EXPECT_EQ(interface->ticks_per_second, 1'000'000'000U);
  EXPECT_EQ(interface->offset, 3600);
}

TEST(Pcapng, WithoutOptionsTicksAreMicroseconds) {
  const auto interface = parse_pcapng_interface(Bytes{kInterface}.first(8), std::endian::little);
  ASSERT_TRUE(interface);
  EXPECT_EQ(interface->time(1'711'414'923'456'789),
            Timestamp{seconds{1711414923} + nanoseconds{456'789'000}});
}

TEST(Pcapng, TicksOfAnyResolutionAreMoments) {
  struct Case {
    std::string_view what;
    std::uint8_t resolution;
    std::uint64_t ticks;
    nanoseconds since_1970;
  };
  const Case cases[] = {
      {"seconds", 0, 7, seconds{7}},
      {"milliseconds", 3, 7001, seconds{7} + nanoseconds{1'000'000}},
      {"nanoseconds", 9, 7'000'000'001, seconds{7} + nanoseconds{1}},
      {"10^-19 s", 19, 15'000'000'000'000'000'000U, seconds{1} + nanoseconds{500'000'000}},
      {"1/2 s", 0x81, 15, seconds{7} + nanoseconds{500'000'000}},
      {"2^-32 s, as NTP counts", 0xa0, 0x180000000, seconds{1} + nanoseconds{500'000'000}},
      {"2^-63 s", 0xbf, 0xc000000000000000, seconds{1} + nanoseconds{500'000'000}},
      {"beyond the year 2116", 0, 0xffffffffffffffff, kLatestFrame.time_since_epoch()},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const Octets body{1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, row.resolution, 0, 0, 0};
    const auto interface = parse_pcapng_interface(body, std::endian::little);
    ASSERT_TRUE(interface);
    EXPECT_EQ(interface->time(row.ticks), Timestamp{row.since_1970});
  }
  for (const std::uint8_t too_fine : {std::uint8_t{20}, std::uint8_t{0xc0}}) {
    const Octets body{1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, too_fine, 0, 0, 0};
    EXPECT_EQ(parse_pcapng_interface(body, std::endian::little).error().fault, Fault::unsupported);
  }
}

TEST(Pcapng, AnOffsetMovesEveryTimeAndStopsAtTheEnds) {
  PcapngInterface interface;
  interface.offset = -3600;
  EXPECT_EQ(interface.time(3'600'000'001), Timestamp{nanoseconds{1000}});
  interface.offset = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(interface.time(2'000'000), kLatestFrame);
  interface.offset = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(interface.time(0), kEarliestFrame);
}

TEST(Pcapng, ReadsPackets) {
  for (const auto& [type, body] : {std::pair{PcapngType::enhanced_packet, kEnhanced},
                                   std::pair{PcapngType::packet, kObsolete}}) {
    const auto packet = parse_pcapng_packet(type, body, std::endian::little);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->interface, 1U);
    EXPECT_EQ(packet->ticks, 0x100000002U);
    EXPECT_EQ(packet->wire_length, 60U);
    ASSERT_EQ(packet->bytes.size(), 3U);
    EXPECT_EQ(packet->bytes[0], 'a');
  }
  const auto simple = parse_pcapng_packet(PcapngType::simple_packet, kSimple, std::endian::little);
  ASSERT_TRUE(simple);
  EXPECT_EQ(simple->interface, 0U);
  EXPECT_EQ(simple->wire_length, 3U);
  EXPECT_EQ(simple->bytes.size(), 3U);
}

TEST(Pcapng, EveryPrefixIsTruncatedAndNeverMalformed) {
  const auto expect_cut = [](const auto& parsed) {
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().fault, Fault::truncated);
  };
  for (std::size_t size = 0; size < 24; ++size) {
    SCOPED_TRACE(size);
    const auto order = std::endian::little;
    if (size < 12) expect_cut(parse_pcapng_block_head(Bytes{kSection}.first(size), order));
    if (size < 16) expect_cut(parse_pcapng_section(Bytes{kSection}.subspan(8, size), order));
    if (size < 8) expect_cut(parse_pcapng_interface(Bytes{kInterface}.first(size), order));
    if (size < 4) {
      const Bytes cut = Bytes{kSimple}.first(size);
      expect_cut(parse_pcapng_packet(PcapngType::simple_packet, cut, order));
    }
    if (size < 23) {
      const Bytes cut = Bytes{kEnhanced}.first(size);
      expect_cut(parse_pcapng_packet(PcapngType::enhanced_packet, cut, order));
    }
  }
  // A cut inside an option, where the list may not end.
  expect_cut(parse_pcapng_interface(Bytes{kInterface}.first(14), std::endian::little));
}

}  // namespace
}  // namespace sekimori
