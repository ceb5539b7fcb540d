#include "core/geo/mmdb_value.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using Octets = std::vector<std::uint8_t>;

MmdbValue read_one(const Octets& bytes, bool& sound, std::size_t& offset) {
  MmdbReader reader{bytes};
  offset = 0;
  const MmdbValue value = reader.read(offset);
  sound = reader.ok();
  return value;
}

// MaxMind DB file format specification 2.0, "Data Field Format".
TEST(MmdbReader, ReadsNumbers) {
  struct Case {
    std::string_view what;
    Octets bytes;
    MmdbType type;
    std::uint64_t number;
  };
  const Case cases[] = {
      {"uint16 of no bytes is zero", {0xa0}, MmdbType::uint16, 0},
      {"uint16", {0xa2, 0x01, 0x02}, MmdbType::uint16, 0x0102},
      {"uint32 in one byte", {0xc1, 0xff}, MmdbType::uint32, 255},
      {"uint32", {0xc4, 0xff, 0xff, 0xff, 0xfe}, MmdbType::uint32, 0xfffffffe},
      {"uint64, an extended type", {0x02, 0x02, 0x01, 0x00}, MmdbType::uint64, 256},
      {"true is a size of one", {0x01, 0x07}, MmdbType::boolean, 1},
      {"false is a size of none", {0x00, 0x07}, MmdbType::boolean, 0},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    bool sound = false;
    std::size_t offset = 0;
    const MmdbValue value = read_one(row.bytes, sound, offset);
    ASSERT_TRUE(sound);
    EXPECT_EQ(value.type, row.type);
    EXPECT_EQ(value.number, row.number);
    EXPECT_EQ(offset, row.bytes.size());
  }
}

TEST(MmdbReader, ReadsRealNumbersOfBothPrecisions) {
  // IEEE 754: 35.5 is 0x4041c00000000000 and 0x420e0000.
  bool sound = false;
  std::size_t offset = 0;
  const Octets precise{0x68, 0x40, 0x41, 0xc0, 0, 0, 0, 0, 0};
  EXPECT_EQ(read_one(precise, sound, offset).real_number(), 35.5);
  const Octets single{0x04, 0x08, 0x42, 0x0e, 0, 0};
  EXPECT_EQ(read_one(single, sound, offset).real_number(), 35.5);
}

TEST(MmdbReader, ReadsTextOfEverySizeForm) {
  struct Case {
    std::string_view what;
    Octets head;
    std::size_t size;
  };
  const Case cases[] = {
      {"in the control byte", {0x42}, 2},
      {"29: one more byte", {0x5d, 0x01}, 30},
      {"30: two more bytes", {0x5e, 0x00, 0x02}, 287},
      {"31: three more bytes", {0x5f, 0x00, 0x00, 0x03}, 65824},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    Octets bytes = row.head;
    bytes.insert(bytes.end(), row.size, 'x');
    bool sound = false;
    std::size_t offset = 0;
    const MmdbValue value = read_one(bytes, sound, offset);
    ASSERT_TRUE(sound);
    EXPECT_EQ(value.text(), std::string(row.size, 'x'));
    EXPECT_EQ(offset, bytes.size());

    bytes.pop_back();
    (void)read_one(bytes, sound, offset);
    EXPECT_FALSE(sound);
  }
}

TEST(MmdbReader, FollowsPointersOfEveryForm) {
  struct Case {
    std::string_view what;
    Octets pointer;
    std::size_t target;
  };
  const Case cases[] = {
      {"11 bits", {0x21, 0x02}, 0x102},
      {"19 bits and 2048", {0x28, 0x00, 0x05}, 2048 + 5},
      {"27 bits and 526336", {0x30, 0x00, 0x00, 0x07}, 526336 + 7},
      {"32 bits, value bits ignored", {0x3f, 0x00, 0x01, 0x00, 0x00}, 0x10000},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    Octets bytes(row.target + 3, 0);
    std::copy(row.pointer.begin(), row.pointer.end(), bytes.begin());
    bytes[row.target] = 0x42;
    bytes[row.target + 1] = 'J';
    bytes[row.target + 2] = 'P';
    bool sound = false;
    std::size_t offset = 0;
    const MmdbValue value = read_one(bytes, sound, offset);
    ASSERT_TRUE(sound);
    EXPECT_EQ(value.text(), "JP");
    EXPECT_TRUE(value.by_pointer);
    EXPECT_EQ(offset, row.pointer.size());
  }
}

TEST(MmdbReader, RefusesWhatTheFormatHasNot) {
  struct Case {
    std::string_view what;
    Octets bytes;
  };
  const Case cases[] = {
      {"nothing", {}},
      {"a pointer to a pointer", {0x20, 0x02, 0x20, 0x00}},
      {"a pointer out of the section", {0x20, 0x40}},
      {"a double of four bytes", {0x64, 0, 0, 0, 0}},
      {"a float of eight bytes", {0x08, 0x08, 0, 0, 0, 0, 0, 0, 0, 0}},
      {"a uint16 of three bytes", {0xa3, 0, 0, 1}},
      {"a uint32 of five bytes", {0xc5, 0, 0, 0, 0, 1}},
      {"a boolean of two", {0x02, 0x07}},
      {"an end marker", {0x00, 0x06}},
      {"an extended type that is none", {0x00, 0x09}},
      {"an extended type beyond a byte", {0x00, 0xff}},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    bool sound = true;
    std::size_t offset = 0;
    (void)read_one(row.bytes, sound, offset);
    EXPECT_FALSE(sound);
  }
}

// {"a": {"b": 1}, "c": 2}, the inner map in place.
const Octets kNested{0xe2, 0x41, 'a', 0xe1, 0x41, 'b', 0xa1, 1, 0x41, 'c', 0xa1, 2};

TEST(MmdbReader, StepsOverInnerMaps) {
  MmdbReader reader{kNested};
  std::size_t offset = 0;
  const MmdbValue root = reader.read(offset);
  std::vector<std::pair<std::string, std::uint64_t>> seen;
  reader.for_each_entry(root, [&](std::string_view key, const MmdbValue& value) {
    seen.emplace_back(key, value.number);
  });
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(seen, (std::vector<std::pair<std::string, std::uint64_t>>{{"a", 0}, {"c", 2}}));
}

TEST(MmdbReader, AMapThatIsCutIsNotSound) {
  for (std::size_t size = 0; size < kNested.size(); ++size) {
    SCOPED_TRACE(size);
    MmdbReader reader{Bytes{kNested}.first(size)};
    std::size_t offset = 0;
    reader.for_each_entry(reader.read(offset), [](std::string_view, const MmdbValue&) {});
    EXPECT_FALSE(reader.ok());
  }
}

TEST(MmdbReader, AKeyIsText) {
  const Octets bytes{0xe1, 0xa1, 1, 0xa1, 2};
  MmdbReader reader{bytes};
  std::size_t offset = 0;
  int entries = 0;
  reader.for_each_entry(reader.read(offset),
                        [&](std::string_view, const MmdbValue&) { ++entries; });
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(entries, 0);
}

TEST(MmdbReader, EndsWithoutRecursionHoweverDeepTheMap) {
  Octets bytes{0xe1, 0x41, 'a'};
  for (int level = 0; level < 1'000'000; ++level) bytes.insert(bytes.end(), {0xe1, 0x40});
  bytes.push_back(0xe0);
  MmdbReader reader{bytes};
  std::size_t offset = 0;
  reader.for_each_entry(reader.read(offset), [](std::string_view, const MmdbValue&) {});
  EXPECT_FALSE(reader.ok());
}

TEST(MmdbMetadata, PointersThatFanOutAreRefused) {
  // Each array names the next one twice: 2^40 values in 166 bytes.
  Octets fan{0xe1, 0x41, 'l'};
  for (unsigned level = 0; level < 40; ++level) {
    const auto next = static_cast<std::uint8_t>(fan.size() + 6);
    fan.insert(fan.end(), {0x02, 0x04, 0x20, next, 0x20, next});
  }
  fan.insert(fan.end(), {0x00, 0x04});
  EXPECT_FALSE(mmdb_metadata_is_bounded(fan));

  EXPECT_TRUE(mmdb_metadata_is_bounded(kNested));
  EXPECT_FALSE(mmdb_metadata_is_bounded(Bytes{kNested}.first(5)));
  EXPECT_FALSE(mmdb_metadata_is_bounded(Octets{0xa1, 1})) << "not a map";
  // {"a": the map itself}
  EXPECT_FALSE(mmdb_metadata_is_bounded(Octets{0xe1, 0x41, 'a', 0x20, 0x00}));
}

}  // namespace
}  // namespace sekimori
