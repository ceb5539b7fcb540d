#include "core/bytes/inline_text.h"

#include <gtest/gtest.h>

namespace sekimori {
namespace {

TEST(InlineText, HoldsWhatFitsAndSaysWhatDidNot) {
  InlineText<4> text{"abc"};
  EXPECT_EQ(text.view(), "abc");
  EXPECT_FALSE(text.was_cut());
  text.append("de");
  EXPECT_EQ(text.view(), "abcd");
  EXPECT_TRUE(text.was_cut());
  text.push_back('f');
  EXPECT_EQ(text.view(), "abcd");
}

TEST(InlineText, AssignForgetsTheCut) {
  InlineText<2> text{"abc"};
  text.assign("x");
  EXPECT_EQ(text.view(), "x");
  EXPECT_FALSE(text.was_cut());
}

TEST(InlineText, ComparesByContent) {
  EXPECT_EQ(InlineText<8>{"ja4"}, InlineText<8>{"ja4"});
  EXPECT_FALSE(InlineText<8>{"ja4"} == InlineText<8>{"ja3"});
  EXPECT_TRUE(InlineText<8>{}.empty());
}

}  // namespace
}  // namespace sekimori
