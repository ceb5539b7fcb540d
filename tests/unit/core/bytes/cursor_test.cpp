#include "core/bytes/cursor.h"

#include <array>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

constexpr std::array<std::uint8_t, 3> kThree{0x01, 0x02, 0x03};

TEST(Cursor, ReadsNetworkOrder) {
  Cursor cursor{kThree};
  EXPECT_EQ(cursor.u24(), 0x010203U);
  EXPECT_TRUE(cursor.ok());
  EXPECT_EQ(cursor.left(), 0U);
}

TEST(Cursor, StaysOverrunEvenForReadsThatWouldFit) {
  Cursor cursor{kThree};
  EXPECT_EQ(cursor.u32(), 0U);
  EXPECT_EQ(cursor.u8(), 0U);  // one byte is there; after an overrun it is not ours to give
  EXPECT_EQ(cursor.left(), 0U);
  EXPECT_FALSE(cursor.ok());
}

TEST(Cursor, ReportsWhereTheBytesRanOut) {
  Cursor cursor{kThree};
  cursor.u16();
  cursor.u16();
  const auto nothing = cursor.finish(Layer::tcp, 0);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error(), (Defect{Fault::truncated, Layer::tcp, 2}));
}

}  // namespace
}  // namespace sekimori
