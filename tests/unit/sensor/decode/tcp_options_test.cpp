#include "sensor/decode/tcp_options.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using Octets = std::vector<std::uint8_t>;

// Where RFC 9293 leaves room, the expected reading is what tshark 4.0.17 lists for the same bytes.
TEST(TcpOptions, ReadsASynInWireOrder) {
  struct Case {
    std::string_view what;
    Octets options;
    std::string_view kinds;
    std::optional<std::uint16_t> mss;
    std::optional<std::uint8_t> scale;
    bool malformed;
  };
  const Case cases[] = {
      {"none", {}, "", {}, {}, false},
      {"Linux",
       {2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7},
       "2-4-8-1-3",
       1460,
       7,
       false},
      {"Windows", {2, 4, 0x05, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2}, "2-1-3-1-1-4", 1460, 8, false},
      {"padding after the end is listed", {2, 4, 5, 180, 0, 0, 0, 0}, "2-0-0-0-0", 1460, {}, false},
      {"but nothing after it is read", {2, 4, 5, 180, 0, 3, 3, 7}, "2-0", 1460, {}, false},
      {"the end first", {0, 1, 1, 1}, "0", {}, {}, false},
      {"an unknown kind", {254, 4, 1, 1, 1, 1, 1, 1}, "254-1-1-1-1", {}, {}, false},
      {"MSS of a wrong size has no value", {2, 3, 5, 1}, "2-1", {}, {}, false},
      {"a scale of 15 as sent", {3, 3, 15, 1}, "3-1", {}, 15, false},
      {"kinds that take more than four bits, among others",
       {2, 4, 5, 180, 34, 2, 15, 2, 255, 2, 14, 2, 1, 30, 2},
       "2-34-15-255-14-1-30",
       1460,
       {},
       false},
      {"the last of two counts",
       {2, 4, 5, 180, 2, 4, 5, 181, 3, 3, 1, 1, 3, 3, 2, 1},
       "2-2-3-1-3-1",
       1461,
       2,
       false},
      {"length past the end", {2, 4, 5, 180, 3, 9, 7, 0}, "2", 1460, {}, true},
      {"length 1", {2, 4, 5, 180, 8, 1, 1, 1}, "2", 1460, {}, true},
      {"length 0", {2, 4, 5, 180, 8, 0, 1, 1}, "2", 1460, {}, true},
      {"no length", {1, 1, 1, 2}, "1-1-1", {}, {}, true},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const SynOptions syn = parse_syn_options(row.options);
    EXPECT_EQ(syn.kinds.text().view(), row.kinds);
    EXPECT_EQ(syn.has_maximum_segment_size, row.mss.has_value());
    EXPECT_EQ(syn.maximum_segment_size, row.mss.value_or(0));
    EXPECT_EQ(syn.has_window_scale, row.scale.has_value());
    EXPECT_EQ(syn.window_scale, row.scale.value_or(0));
    EXPECT_EQ(syn.malformed, row.malformed);
  }
}

TEST(TcpOptions, TheLongestListFits) {
  const Octets forty(40, 1);
  const SynOptions syn = parse_syn_options(forty);
  EXPECT_EQ(syn.kinds.text().size(), 79U);
  EXPECT_FALSE(syn.kinds.text().was_cut());
  Octets twenty;
  for (int count = 0; count < 20; ++count) twenty.insert(twenty.end(), {254, 2});
  EXPECT_EQ(parse_syn_options(twenty).kinds.text().size(), 79U);
}

// A walk of a prefix sees a prefix of the options, and says so where it cut one in two.
TEST(TcpOptions, EveryPrefixEndsEarlyAndNeverDiffers) {
  const Octets options{2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
  const std::vector<std::size_t> ends{0, 4, 6, 16, 17, 20};
  for (std::size_t size = 0; size < options.size(); ++size) {
    SCOPED_TRACE(size);
    const SynOptions syn = parse_syn_options(Bytes{options}.first(size));
    EXPECT_TRUE(std::string_view{"2-4-8-1-3"}.starts_with(syn.kinds.text().view()));
    const bool is_whole = std::find(ends.begin(), ends.end(), size) != ends.end();
    EXPECT_EQ(syn.malformed, !is_whole);
  }
}

TEST(TcpOptions, TimestampsAreFoundAmongOthersAndOnlyWhole) {
  const Octets options{1, 1, 8, 10, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};
  const auto times = parse_timestamps(options);
  ASSERT_TRUE(times);
  EXPECT_EQ(times->value, 0x01020304U);
  EXPECT_EQ(times->echo, 0x05060708U);
  for (std::size_t size = 0; size < options.size(); ++size) {
    EXPECT_FALSE(parse_timestamps(Bytes{options}.first(size))) << size;
  }
  EXPECT_FALSE(parse_timestamps(Octets{8, 9, 1, 2, 3, 4, 5, 6, 7, 0}));
  EXPECT_FALSE(parse_timestamps(Octets{2, 4, 5, 180, 0, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(TcpOptions, ValuesAreBorrowed) {
  const Octets options{8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
  TcpOptions walk{options};
  const auto option = walk.next();
  ASSERT_TRUE(option);
  EXPECT_EQ(option->kind, TcpOptionKind::timestamps);
  EXPECT_EQ(option->value.data(), options.data() + 2);
  EXPECT_EQ(option->value.size(), 8U);
  EXPECT_FALSE(walk.next());
  EXPECT_FALSE(walk.malformed());
}

}  // namespace
}  // namespace sekimori
