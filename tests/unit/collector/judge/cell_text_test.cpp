#include "collector/judge/cell_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori {
namespace {

using ::testing::ElementsAre;

TEST(CellText, ReplacesWhatSteersATerminal) {
  EXPECT_EQ(printable("plain \xe6\x9d\xb1\xe4\xba\xac"), "plain \xe6\x9d\xb1\xe4\xba\xac");
  EXPECT_EQ(printable("a\x1b[31mb\r\n\tc\x7f"), "a?[31mb???c?");
  EXPECT_EQ(printable("a\xc2\x9b"
                      "31m"),
            "a?31m");  // C1 control sequence introducer
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b"),
            "a?b");  // right-to-left override
  EXPECT_EQ(printable("a\xe2\x80\x8b"
                      "b"),
            "a?b");  // zero width space
  EXPECT_EQ(printable("\xff"
                      "a\xc3"),
            "?a?");  // not UTF-8
}

TEST(CellText, NoPrefixOfACharacterIsPrinted) {
  const std::string_view whole = "\xf0\x9f\x8f\xaf";
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_EQ(printable(whole.substr(0, size)), std::string(size, '?')) << size;
  }
}

TEST(CellText, CountsCells) {
  EXPECT_EQ(cells(""), 0U);
  EXPECT_EQ(cells("abc"), 3U);
  EXPECT_EQ(cells("\xe6\x9d\xb1\xe4\xba\xac"), 4U);  // two ideographs
  EXPECT_EQ(cells("e\xcc\x81"), 1U);                 // e and a combining acute
  EXPECT_EQ(cells("\xf0\x9f\x8f\xaf"), 2U);          // a castle
}

TEST(CellText, WrapsAtSpacesAndInWordsWhereItMust) {
  EXPECT_THAT(wrapped("", 5), ElementsAre(""));
  EXPECT_THAT(wrapped("one two", 7), ElementsAre("one two"));
  EXPECT_THAT(wrapped("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("one two three", 8), ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("abcdefgh", 3), ElementsAre("abc", "def", "gh"));
  // An ideograph is never cut in half.
  EXPECT_THAT(wrapped("\xe6\x9d\xb1\xe4\xba\xac", 3), ElementsAre("\xe6\x9d\xb1", "\xe4\xba\xac"));
  EXPECT_THAT(wrapped("ab", 0), ElementsAre("ab"));
}

}  // namespace
}  // namespace sekimori
