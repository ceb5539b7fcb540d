#include "core/text/utf8.h"

#include <gtest/gtest.h>

namespace sekimori {
namespace {

// Samples of Unicode, table 3-7: the ends of each row, and what lies just outside.
TEST(Utf8, FindsTheFirstBadByte) {
  struct Case {
    std::string_view text;
    std::size_t bad;
  };
  const Case cases[] = {
      {"", 0},
      {"plain", 5},
      {"\xc2\x80", 2},
      {"\xdf\xbf", 2},
      {"\xe0\xa0\x80", 3},
      {"\xed\x9f\xbf", 3},
      {"\xee\x80\x80", 3},
      {"\xf0\x90\x80\x80", 4},
      {"\xf4\x8f\xbf\xbf", 4},
      {"ab\x80", 2},
      {"a\xc1\xbf", 1},
      {"\xe0\x9f\xbf", 0},
      {"\xed\xa0\x80", 0},
      {"\xf0\x8f\xbf\xbf", 0},
      {"\xf4\x90\x80\x80", 0},
      {"\xf5\x80\x80\x80", 0},
      {"\xe3\x81\x82\xff", 3},
      {"\xe3\x81(", 0},
  };
  for (const Case& row : cases) EXPECT_EQ(first_bad_utf8(row.text), row.bad) << row.text;
}

TEST(Utf8, NoPrefixOfACharacterIsOne) {
  const std::string_view whole = "\xf0\x9f\x8f\xaf";
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_EQ(first_bad_utf8(whole.substr(0, size)), 0U) << size;
  }
}

}  // namespace
}  // namespace sekimori
