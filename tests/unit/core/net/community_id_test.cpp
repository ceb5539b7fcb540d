#include "core/net/community_id.h"

#include <gtest/gtest.h>

namespace sekimori {
namespace {

FlowEnd end(std::string_view ip, std::optional<std::uint16_t> port) {
  return {IpAddress::parse(ip).value_or(IpAddress{}), port};
}

// From the specification's reference data, baseline/baseline_deflt.json.
TEST(CommunityId, AgreesWithTheSpecificationsBaseline) {
  struct Case {
    std::uint8_t protocol;
    FlowEnd source, destination;
    std::string_view expected;
  };
  const Case cases[] = {
      {6, end("2001:470:e5bf:dead:4957:2174:e82c:4887", 63943), end("2607:f8b0:400c:c03::1a", 25),
       "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
      {132, end("192.168.170.8", 7), end("192.168.170.56", 7), "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
      {6, end("128.232.110.120", 34855), end("66.35.250.204", 80),
       "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
      {17, end("192.168.1.52", 54585), end("8.8.8.8", 53), "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
      {46, end("10.1.12.1", std::nullopt), end("10.1.12.2", std::nullopt),
       "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.expected);
    EXPECT_EQ(community_id(row.protocol, row.source, row.destination).view(), row.expected);
    EXPECT_EQ(community_id(row.protocol, row.destination, row.source).view(), row.expected);
  }
}

TEST(CommunityId, EqualAddressesAreOrderedByPort) {
  const FlowEnd low = end("127.0.0.1", 80);
  const FlowEnd high = end("127.0.0.1", 40000);
  // printf '\0\0\x7f\0\0\1\x7f\0\0\1\6\0\0\x50\x9c\x40' | openssl sha1 -binary | base64
  EXPECT_EQ(community_id(6, high, low).view(), "1:5rFr+y3i0wpQbEhThSaj08U8BaE=");
  EXPECT_EQ(community_id(6, low, high), community_id(6, high, low));
}

TEST(CommunityId, IsAbsentWhereItCannotBeKnown) {
  EXPECT_TRUE(community_id(1, end("10.0.0.1", {}), end("10.0.0.2", {})).empty());
  EXPECT_TRUE(community_id(58, end("fe80::1", {}), end("fe80::2", {})).empty());
  EXPECT_TRUE(community_id(6, end("10.0.0.1", 1), end("fe80::2", 2)).empty());
  EXPECT_TRUE(community_id(6, FlowEnd{}, FlowEnd{}).empty());
}

}  // namespace
}  // namespace sekimori
