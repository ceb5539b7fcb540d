#include "sensor/packet_clock.h"

#include <gtest/gtest.h>

#include <vector>

namespace sekimori {
namespace {

using std::chrono::hours;

Timestamp at(int hour) {
  return Timestamp{hours{hour}};
}

PacketClock after(const std::vector<int>& times) {
  PacketClock clock;
  for (const int hour : times) clock.observe(at(hour));
  return clock;
}

TEST(PacketClock, FollowsFramesAndNeverGoesBack) {
  EXPECT_EQ(after({1000, 1001}).now(), at(1001));
  EXPECT_EQ(after({1000, 1001, 999}).now(), at(1001));
  EXPECT_EQ(after({1000, 1001, 1020}).now(), at(1020));
  EXPECT_EQ(after({1000, 1001, 999}).far_behind(), 0U);
}

TEST(PacketClock, OneFrameDoesNotMoveItByYears) {
  EXPECT_EQ(after({1000, 1001, 900'000, 1002}).now(), at(1002));
  EXPECT_EQ(after({900'000, 1000, 1001}).now(), at(1001));
  EXPECT_EQ(after({1000, 900'000, 500'000, 1001, 1002}).now(), at(1002));
}

TEST(PacketClock, TwoFramesDo) {
  EXPECT_EQ(after({1000, 1001, 5000, 5001}).now(), at(5001));
  EXPECT_EQ(after({1000, 1001, 5001, 5000}).now(), at(5001));
}

TEST(PacketClock, CountsFramesOfAnEarlierDay) {
  const PacketClock clock = after({5000, 5001, 1000, 1001});
  EXPECT_EQ(clock.now(), at(5001));
  EXPECT_EQ(clock.far_behind(), 2U);
}

TEST(PacketClock, BelievesALoneFrameOnlyAtTheEnd) {
  EXPECT_FALSE(after({1000}).now());
  EXPECT_EQ(after({1000}).last(), at(1000));
  EXPECT_EQ(after({}).last(), Timestamp{});
}

TEST(PacketClock, HoldsTheWholeRangeOfTimes) {
  PacketClock clock;
  for (const Timestamp time : {Timestamp::max(), Timestamp::min(), Timestamp::max()})
    clock.observe(time);
  EXPECT_FALSE(clock.now());
}

}  // namespace
}  // namespace sekimori
