#include "core/rules/pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace sekimori {
namespace {

struct Row {
  std::string_view pattern;
  std::string_view text;
  bool expected;
};

// Sigma rules specification, "Wildcards" and "Escaping".
TEST(Pattern, FollowsSigma) {
  const Row rows[] = {
      {"abc", "abc", true},
      {"abc", "ABC", true},
      {"abc", "abcd", false},
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"a*c", "ac", true},
      {"a*c", "abbbc", true},
      {"a*c", "abbbcd", false},
      {"*a*b*", "xxaxxbxx", true},
      {"*aab", "aaaab", true},
      {"prog?.exe", "progA.exe", true},
      {"prog?.exe", "prog.exe", false},
      {"?", "\xe3\x81\x82", true},  // one character of three bytes
      {"??", "\xe3\x81\x82", false},
      {R"(a\*c)", "a*c", true},
      {R"(a\*c)", "abc", false},
      {R"(a\?c)", "a?c", true},
      {R"(a\b)", R"(a\b)", true},
      {R"(a\\b)", R"(a\b)", true},
      {R"(a\\*)", R"(a\xyz)", true},
      {R"(a\\*)", "a*", false},
      {R"(a\\\*)", R"(a\*)", true},
      {R"(a\\\*)", R"(a\x)", false},
      {R"(\\\\)", R"(\\)", true},
      {R"(a\)", R"(a\)", true},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Pattern(row.pattern, Anchor::whole, Case::ignored).matches(row.text), row.expected)
        << row.pattern << " on " << row.text;
  }
}

TEST(Pattern, LiesWhereItsAnchorSays) {
  struct Case3 {
    Anchor anchor;
    bool abc, xabc, abcx, xabcx;
  };
  const Case3 rows[] = {{Anchor::whole, true, false, false, false},
                        {Anchor::start, true, false, true, false},
                        {Anchor::end, true, true, false, false},
                        {Anchor::anywhere, true, true, true, true}};
  for (const Case3& row : rows) {
    const Pattern pattern{"abc", row.anchor, Case::ignored};
    EXPECT_EQ(pattern.matches("abc"), row.abc);
    EXPECT_EQ(pattern.matches("xabc"), row.xabc);
    EXPECT_EQ(pattern.matches("abcx"), row.abcx);
    EXPECT_EQ(pattern.matches("xabcx"), row.xabcx);
  }
}

TEST(Pattern, KeepsCaseWhenTold) {
  EXPECT_TRUE(Pattern("aB", Anchor::whole, Case::kept).matches("aB"));
  EXPECT_FALSE(Pattern("aB", Anchor::whole, Case::kept).matches("ab"));
}

TEST(Pattern, NoProperPrefixOfItsOnlyTextMatches) {
  const std::string_view whole = "client.example";
  const Pattern pattern{whole, Anchor::whole, Case::ignored};
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(pattern.matches(whole.substr(0, size))) << size;
  }
}

// 30 runs over 64 KiB: with every run tried again this would never end.
TEST(Pattern, StaysWithinTextTimesPattern) {
  std::string sigma;
  for (int run = 0; run < 30; ++run) sigma += "*a";
  const Pattern pattern{sigma + "b", Anchor::whole, Case::ignored};
  EXPECT_FALSE(pattern.matches(std::string(65536, 'a')));
}

}  // namespace
}  // namespace sekimori
