#include "core/net/listen_address.h"

#include <gtest/gtest.h>

namespace sekimori {
namespace {

TEST(ListenAddress, IsAnAddressAndAPort) {
  const auto v4 = parse_listen_address("127.0.0.1:7357");
  ASSERT_TRUE(v4);
  EXPECT_FALSE(v4->address.is_v6());
  EXPECT_EQ(v4->port, 7357);
  EXPECT_EQ(v4->text(), "127.0.0.1:7357");
  const auto v6 = parse_listen_address("[::1]:0");
  ASSERT_TRUE(v6);
  EXPECT_TRUE(v6->address.is_v6());
  EXPECT_EQ(v6->port, 0);
  EXPECT_EQ(v6->text(), "[::1]:0");
}

TEST(ListenAddress, IsNothingElse) {
  for (const char* text : {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                           "::1:7357", "[127.0.0.1]:1", "[::1:7357", "localhost:1", "1.2.3.4:1 ",
                           "[::1]", "127.0.0.1:+1", "*:7357"}) {
    EXPECT_FALSE(parse_listen_address(text)) << text;
  }
}

}  // namespace
}  // namespace sekimori
