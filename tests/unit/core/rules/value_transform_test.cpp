#include "core/rules/value_transform.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori {
namespace {

using ::testing::ElementsAre;
using enum Modifier;

std::vector<std::string> made(std::string_view value, const std::vector<Modifier>& modifiers) {
  auto texts = transformed(value, modifiers);
  return texts ? std::move(*texts) : std::vector<std::string>{"error: " + texts.error()};
}

// Expected texts are those of Python's base64 and utf-16 codecs.
TEST(ValueTransform, Encodes) {
  EXPECT_THAT(made("ping 1", {base64}), ElementsAre("cGluZyAx"));
  EXPECT_THAT(made("ping", {utf16le, base64}), ElementsAre("cABpAG4AZwA="));
  EXPECT_THAT(made("ping", {wide, base64, contains}), ElementsAre("cABpAG4AZwA="));
  EXPECT_THAT(made("ping", {utf16, base64}), ElementsAre("//5wAGkAbgBnAA=="));
  EXPECT_THAT(made("ping", {utf16be, base64}), ElementsAre("AHAAaQBuAGc="));
  EXPECT_THAT(made("\xc3\xa9\xf0\x9f\x98\x80", {utf16le, base64}), ElementsAre("6QA92ADe"));
  EXPECT_THAT(made("http://", {base64offset, contains}),
              ElementsAre("aHR0cDovL", "h0dHA6Ly", "odHRwOi8v"));
  EXPECT_THAT(made("a", {base64offset}), ElementsAre("Y", "h"));
  EXPECT_THAT(made(R"(\*\\)", {base64}), ElementsAre("Klw="));
  EXPECT_THAT(made("a*", {base64}), ElementsAre("error: a wildcard cannot be encoded"));
  EXPECT_THAT(made("", {base64offset}), ElementsAre("error: too short to be told in base64"));
  EXPECT_THAT(made("a*", {contains, all}), ElementsAre("a*"));
}

TEST(ValueTransform, WritesEachDashInFiveWays) {
  EXPECT_THAT(made("-a", {windash}), ElementsAre("-a", "/a", "\u2013a", "\u2014a", "\u2015a"));
  EXPECT_THAT(made("a-b /", {windash}), ElementsAre("a-b /"));
  const auto two = made("x /a \u2014b*", {windash});
  EXPECT_EQ(two.size(), 25U);
  EXPECT_THAT(two, ::testing::Contains("x \u2015a -b*"));
  EXPECT_EQ(made("-a -b -c -d -e", {windash}).size(), kTransformedLimit);
  EXPECT_THAT(made("-a -b -c -d -e -f", {windash}), ElementsAre("error: more dashes than five"));
}

}  // namespace
}  // namespace sekimori
