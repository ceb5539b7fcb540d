#include "sensor/flow/flow_table.h"

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using namespace std::chrono_literals;

FlowKey key_of(std::uint8_t number) {
  const std::array<std::uint8_t, 4> low{192, 0, 2, number};
  const std::array<std::uint8_t, 4> high{198, 51, 100, 1};
  return {IpAddress::v4(low), IpAddress::v4(high), 40000, 443, 6};
}
Timestamp at(std::chrono::nanoseconds since) {
  return Timestamp{since};
}

// One hash for all, so that every key shares a bucket.
constexpr std::uint64_t kHash = 42;

TEST(FlowTable, FindsWhatItHoldsInOneBucket) {
  FlowTable table{8, {}};
  for (std::uint8_t n = 0; n < 8; ++n)
    table.insert(key_of(n), kHash, at(1s), IdleClass::established);
  EXPECT_TRUE(table.full());
  for (std::uint8_t n = 0; n < 8; ++n) {
    const SlotIndex slot = table.find(key_of(n), kHash);
    ASSERT_NE(slot, kNoSlot);
    EXPECT_EQ(table[slot].key, key_of(n));
  }
  table.remove(table.find(key_of(3), kHash), kHash);
  EXPECT_EQ(table.find(key_of(3), kHash), kNoSlot);
  EXPECT_NE(table.find(key_of(4), kHash), kNoSlot);
  EXPECT_FALSE(table.full());
}

TEST(FlowTable, ForgetsHalfOpenFirstThenTheLongestSilent) {
  FlowTable table{4, {}};
  table.insert(key_of(1), kHash, at(1s), IdleClass::established);
  table.insert(key_of(2), kHash, at(2s), IdleClass::established);
  table.insert(key_of(3), kHash, at(3s), IdleClass::half_open);
  EXPECT_EQ(table[table.oldest()].key, key_of(3));
  table.remove(table.oldest(), kHash);
  EXPECT_EQ(table[table.oldest()].key, key_of(1));
  table.touch(table.find(key_of(1), kHash), at(4s), IdleClass::established);
  EXPECT_EQ(table[table.oldest()].key, key_of(2));
  table.touch(table.find(key_of(1), kHash), at(5s), IdleClass::closing);
  EXPECT_EQ(table[table.oldest()].key, key_of(1));
}

TEST(FlowTable, ExpiresByClass) {
  const IdleTimeouts timeouts{20s, 5s, 120s, 900s};
  struct Case {
    IdleClass idle_class;
    std::chrono::seconds allowed;
  };
  for (const Case& row : {Case{IdleClass::half_open, 20s}, Case{IdleClass::closing, 5s},
                          Case{IdleClass::datagram, 120s}, Case{IdleClass::established, 900s}}) {
    FlowTable table{2, timeouts};
    const SlotIndex slot = table.insert(key_of(1), kHash, at(10s), row.idle_class);
    EXPECT_EQ(table.expired(at(10s + row.allowed)), kNoSlot);
    EXPECT_EQ(table.expired(at(10s + row.allowed + 1ns)), slot);
  }
}

TEST(FlowTable, LastSeenNeverGoesBack) {
  FlowTable table{2, {}};
  const SlotIndex slot = table.insert(key_of(1), kHash, at(10s), IdleClass::established);
  table.touch(slot, at(9s), IdleClass::established);
  EXPECT_EQ(table[slot].last_seen, at(10s));
}

TEST(FlowTable, SurvivesManyComingsAndGoings) {
  FlowTable table{16, {}};
  for (unsigned round = 0; round < 1000; ++round) {
    const auto number = static_cast<std::uint8_t>(round % 40);
    const std::uint64_t hash = std::uint64_t{round % 40} << 60U;
    const SlotIndex known = table.find(key_of(number), hash);
    if (known != kNoSlot) {
      table.remove(known, hash);
      continue;
    }
    if (table.full()) {
      const SlotIndex slot = table.oldest();
      const std::uint8_t evicted = table[slot].key.low.bytes()[3];
      table.remove(slot, std::uint64_t{evicted} << 60U);
    }
    table.insert(key_of(number), hash, at(std::chrono::seconds{round}), IdleClass::datagram);
    EXPECT_LE(table.size(), 16U);
  }
}

}  // namespace
}  // namespace sekimori
