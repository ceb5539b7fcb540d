#include "sensor/spool/segment.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace sekimori {
namespace {

using std::string_view_literals::operator""sv;
using std::chrono_literals::operator""s;

std::vector<std::uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

constexpr std::uint64_t kBoot = 0x0123456789abcdef;
constexpr Timestamp kMade{1711414923s + std::chrono::milliseconds{456}};
// The last eight bytes of each, and those before the entry's last eight, are XXH3-64 as the
// library's own function gives it.
constexpr std::string_view kHead =
    "SKSP\x01\x00\x00\x00\x01\x23\x45\x67\x89\xab\xcd\xef\x0e\x18\xc8\xb8\x0d\x73\x61\xdb"sv;
constexpr std::string_view kEntry =
    "\x00\x00\x00\x05\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x29\x17\xc0\x2a\xce\x2f\xe5\xb0"
    "\x00"
    "\x72\xa2\x3d\xce\x99\x98\xba\x5e\xd3\x64\xae\xdb\xf1\x49\xa5\xbf"sv;
constexpr std::string_view kMark =
    "SKSM\x01\x00\x00\x00\x01\x23\x45\x67\x89\xab\xcd\xef\x00\x00\x00\x00\x00\x00\x00\x29"
    "\x17\xc0\x2a\xce\x2f\xe5\xb0\x00\x98\x6e\x61\xb1\x2d\x06\x2d\x8c"sv;

TEST(Segment, ReadsEachPart) {
  const auto head = parse_segment_head(bytes_of(kHead));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->boot, kBoot);
  const auto entry = parse_entry_head(bytes_of(kEntry), kBoot);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->length, 5U);
  EXPECT_EQ(entry->records, 3U);
  EXPECT_EQ(entry->sequence, 41U);
  EXPECT_EQ(entry->made, kMade);
  EXPECT_TRUE(frame_is_whole(*entry, kBoot, bytes_of("frame")));
  EXPECT_FALSE(frame_is_whole(*entry, kBoot, bytes_of("fraME")));
  EXPECT_FALSE(frame_is_whole(*entry, kBoot, bytes_of("fram")));
  const auto mark = parse_spool_mark(bytes_of(kMark));
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->boot, kBoot);
  EXPECT_EQ(mark->sequence, 41U);
  EXPECT_EQ(mark->alive, kMade);
}

TEST(Segment, WritesTheSameBytes) {
  const auto head = encode_segment_head({kBoot});
  EXPECT_EQ((std::vector<std::uint8_t>{head.begin(), head.end()}), bytes_of(kHead));
  const auto entry = encode_entry_head({0, 3, 41, kMade, 0}, kBoot, bytes_of("frame"));
  EXPECT_EQ((std::vector<std::uint8_t>{entry.begin(), entry.end()}), bytes_of(kEntry));
  const auto mark = encode_spool_mark({kBoot, 41, kMade});
  EXPECT_EQ((std::vector<std::uint8_t>{mark.begin(), mark.end()}), bytes_of(kMark));
}

TEST(Segment, EachProperPrefixIsTruncated) {
  const auto prefixes = [](std::string_view whole, auto parse) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto parsed = parse(bytes_of(whole.substr(0, size)));
      ASSERT_FALSE(parsed) << size;
      EXPECT_EQ(parsed.error().fault, Fault::truncated) << size;
    }
  };
  prefixes(kHead, parse_segment_head);
  prefixes(kEntry, [](Bytes bytes) { return parse_entry_head(bytes, kBoot); });
  prefixes(kMark, parse_spool_mark);
}

TEST(Segment, AnyChangedByteIsFound) {
  const auto changed = [](std::string_view whole, auto parse) {
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::vector<std::uint8_t> bytes = bytes_of(whole);
      bytes[at] ^= 0x10U;
      const auto parsed = parse(bytes);
      ASSERT_FALSE(parsed) << at;
      EXPECT_NE(parsed.error().fault, Fault::truncated) << at;
    }
  };
  changed(kHead, parse_segment_head);
  changed(kEntry, [](Bytes bytes) { return parse_entry_head(bytes, kBoot); });
  changed(kMark, parse_spool_mark);
}

TEST(Segment, AnEntryOfAnotherBootIsNone) {
  EXPECT_FALSE(parse_entry_head(bytes_of(kEntry), kBoot + 1));
}

TEST(Segment, AnotherVersionIsUnsupported) {
  std::vector<std::uint8_t> bytes = bytes_of(kHead);
  bytes[4] = 2;
  const auto head = parse_segment_head(bytes);
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error(), (Defect{Fault::unsupported, Layer::record, 4}));
}

TEST(Segment, ALengthBeyondAFrameIsMalformed) {
  // With a check that holds, as whoever writes into the folder can make it.
  const std::vector<std::uint8_t> frame((std::size_t{2} << 20U) + 1);
  const auto entry = encode_entry_head({0, 3, 41, kMade, 0}, kBoot, frame);
  const auto parsed = parse_entry_head(entry, kBoot);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().fault, Fault::malformed);
}

}  // namespace
}  // namespace sekimori
