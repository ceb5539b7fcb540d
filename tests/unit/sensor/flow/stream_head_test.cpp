#include "sensor/flow/stream_head.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace sekimori {
namespace {

using Added = StreamHead::Added;

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string run_of(const StreamHead& head) {
  const Bytes run = head.run();
  return {run.begin(), run.end()};
}

TEST(StreamHead, PutsSegmentsInOrder) {
  const auto head = std::make_unique<StreamHead>();
  EXPECT_EQ(head->add(3, bytes_of("def")), Added::waiting);
  EXPECT_EQ(run_of(*head), "");
  EXPECT_EQ(head->add(9, bytes_of("jkl")), Added::waiting);
  EXPECT_EQ(head->add(0, bytes_of("abc")), Added::more);
  EXPECT_EQ(run_of(*head), "abcdef");
  EXPECT_EQ(head->add(6, bytes_of("ghi")), Added::more);
  EXPECT_EQ(run_of(*head), "abcdefghijkl");
}

TEST(StreamHead, KeepsTheByteThatCameFirst) {
  const auto head = std::make_unique<StreamHead>();
  head->add(2, bytes_of("CD"));
  head->add(6, bytes_of("GH"));
  EXPECT_EQ(head->add(0, bytes_of("abcdefghij")), Added::more);
  EXPECT_EQ(run_of(*head), "abCDefGHij");
  EXPECT_EQ(head->add(0, bytes_of("xxxxxxxxxx")), Added::repeated);
  EXPECT_EQ(run_of(*head), "abCDefGHij");
}

TEST(StreamHead, GrowsByTheNewPartOfAnOverlap) {
  const auto head = std::make_unique<StreamHead>();
  head->add(0, bytes_of("abcd"));
  EXPECT_EQ(head->add(2, bytes_of("XXef")), Added::more);
  EXPECT_EQ(run_of(*head), "abcdef");
  EXPECT_EQ(head->add(4, bytes_of("YY")), Added::repeated);
}

TEST(StreamHead, OneByteSegmentsBackwardsAreOneRange) {
  const auto head = std::make_unique<StreamHead>();
  const std::string text(500, 'z');
  for (std::uint32_t at = 500; at-- > 1;) {
    EXPECT_EQ(head->add(at, bytes_of(text).subspan(at, 1)), Added::waiting);
  }
  EXPECT_EQ(head->add(0, bytes_of("z")), Added::more);
  EXPECT_EQ(run_of(*head), text);
}

TEST(StreamHead, RefusesOneHoleTooManyAndTakesTheResend) {
  const auto head = std::make_unique<StreamHead>();
  for (std::uint32_t hole = 0; hole < 32; ++hole) {
    EXPECT_EQ(head->add(10 + 2 * hole, bytes_of("x")), Added::waiting) << hole;
  }
  EXPECT_EQ(head->add(10 + 2 * 32, bytes_of("x")), Added::forgotten);
  EXPECT_EQ(head->add(0, bytes_of(std::string(80, 'y'))), Added::more);
  EXPECT_EQ(head->run().size(), 80U);
}

TEST(StreamHead, EndsAtItsSize) {
  const auto head = std::make_unique<StreamHead>();
  const std::string much(kStreamHeadSize + 100, 'm');
  EXPECT_EQ(head->add(0, bytes_of(much)), Added::more);
  EXPECT_EQ(head->run().size(), kStreamHeadSize);
  EXPECT_EQ(head->add(kStreamHeadSize, bytes_of("x")), Added::forgotten);
  EXPECT_EQ(head->add(0xffffffffU, bytes_of("x")), Added::forgotten);
}

}  // namespace
}  // namespace sekimori
