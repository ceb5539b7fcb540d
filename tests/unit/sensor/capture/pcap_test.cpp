#include "sensor/capture/pcap.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using Octets = std::vector<std::uint8_t>;
using std::chrono::microseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// draft-ietf-opsawg-pcap, section 4: little-endian, microseconds, version 2.4, Ethernet.
const Octets kFile{0xd4, 0xc3, 0xb2, 0xa1, 0x02, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00,
                   0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x01, 0x00, 0x00, 0x00};
// 2024-03-26T01:02:03.456789Z, 60 bytes of 1514.
const Octets kRecord{0x8b, 0x1e, 0x02, 0x66, 0x55, 0xf8, 0x06, 0x00,
                     0x3c, 0x00, 0x00, 0x00, 0xea, 0x05, 0x00, 0x00};

// The same header as the other kind of machine writes it.
Octets swapped(Octets bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += 4) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + 4));
  }
  return bytes;
}

TEST(Pcap, ReadsBothByteOrders) {
  Octets big = swapped(kFile);
  std::swap_ranges(big.begin() + 4, big.begin() + 6, big.begin() + 6);  // two halves, not one word
  for (const auto& [file, record] : {std::pair{kFile, kRecord}, std::pair{big, swapped(kRecord)}}) {
    const auto header = parse_pcap_file_header(file);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->link, LinkType::ethernet);
    EXPECT_EQ(header->tick, microseconds{1});
    EXPECT_EQ(header->record_header_size, 16U);
    const auto packet = parse_pcap_record_header(*header, record);
    ASSERT_TRUE(packet);
    EXPECT_EQ(format_rfc3339(packet->time), "2024-03-26T01:02:03.456789Z");
    EXPECT_EQ(packet->captured, 60U);
    EXPECT_EQ(packet->wire_length, 1514U);
  }
}

TEST(Pcap, ReadsTheVariants) {
  struct Case {
    std::string_view what;
    std::array<std::uint8_t, 2> magic_tail;  // the first two bytes, in file order
    nanoseconds tick;
    std::size_t record_header_size;
  };
  const Case cases[] = {
      {"nanoseconds", {0x4d, 0x3c}, nanoseconds{1}, 16},
      {"modified by Kuznetzov", {0x34, 0xcd}, microseconds{1}, 24},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    Octets file = kFile;
    file[0] = row.magic_tail[0];
    file[1] = row.magic_tail[1];
    const auto header = parse_pcap_file_header(file);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->tick, row.tick);
    EXPECT_EQ(header->record_header_size, row.record_header_size);
    Octets record = kRecord;
    EXPECT_EQ(parse_pcap_record_header(*header, record).has_value(), row.record_header_size == 16);
    record.resize(24, 0x00);
    const auto packet = parse_pcap_record_header(*header, record);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->time, (Timestamp{seconds{1711414923} + 456789 * row.tick}));
  }
}

TEST(Pcap, TheLengthOfAFrameCheckSequenceIsNoPartOfTheLinkType) {
  Octets file = kFile;
  file[23] = 0x44;  // four bytes, and the bit that says so
  EXPECT_EQ(parse_pcap_file_header(file)->link, LinkType::ethernet);
}

TEST(Pcap, EveryPrefixIsTruncatedAndNeverMalformed) {
  const PcapFileHeader header = *parse_pcap_file_header(kFile);
  for (std::size_t size = 4; size < kFile.size(); ++size) {
    SCOPED_TRACE(size);
    const auto cut = parse_pcap_file_header(Bytes{kFile}.first(size));
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().fault, Fault::truncated);
  }
  for (std::size_t size = 0; size < 4; ++size) {
    EXPECT_EQ(parse_pcap_file_header(Bytes{kFile}.first(size)).error().fault, Fault::truncated);
    EXPECT_FALSE(begins_like_pcap(Bytes{kFile}.first(size)));
  }
  for (std::size_t size = 0; size < kRecord.size(); ++size) {
    SCOPED_TRACE(size);
    const auto cut = parse_pcap_record_header(header, Bytes{kRecord}.first(size));
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().fault, Fault::truncated);
  }
}

TEST(Pcap, RefusesOtherFiles) {
  const Octets text{'h', 'e', 'l', 'l', 'o', ' ', 'w', 'o', 'r', 'l', 'd', '!',
                    'h', 'e', 'l', 'l', 'o', ' ', 'w', 'o', 'r', 'l', 'd', '!'};
  EXPECT_FALSE(begins_like_pcap(text));
  EXPECT_EQ(parse_pcap_file_header(text).error(), (Defect{Fault::malformed, Layer::link, 0}));
  Octets version_3 = kFile;
  version_3[4] = 3;
  EXPECT_TRUE(begins_like_pcap(version_3));
  EXPECT_EQ(parse_pcap_file_header(version_3).error(), (Defect{Fault::malformed, Layer::link, 4}));
}

}  // namespace
}  // namespace sekimori
