#include "sensor/live_clock.h"

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using namespace std::chrono_literals;

const Timestamp kWall{1'700'000'000s};
const LiveClock::Steady kBoot{5000s};

TEST(LiveClock, GoesOnWithoutPackets) {
  const LiveClock clock{kWall, kBoot};
  EXPECT_EQ(clock.now(kBoot), kWall);
  EXPECT_EQ(clock.now(kBoot + 7s), kWall + 7s);
}

TEST(LiveClock, FollowsAPacketAheadAtOnce) {
  LiveClock clock{kWall, kBoot};
  clock.observe(kWall + 1ms, kBoot);
  EXPECT_EQ(clock.now(kBoot), kWall + 1ms);
  clock.observe(kWall + 1h, kBoot + 1s);
  EXPECT_EQ(clock.now(kBoot + 2s), kWall + 1h + 1s);
}

TEST(LiveClock, StaysWhereAPacketOnlyLagsAndFollowsOneFarBehind) {
  LiveClock clock{kWall, kBoot};
  clock.observe(kWall - LiveClock::kLag, kBoot);
  EXPECT_EQ(clock.now(kBoot), kWall);
  clock.observe(kWall - LiveClock::kLag - 1ns, kBoot);
  EXPECT_EQ(clock.now(kBoot), kWall - LiveClock::kLag - 1ns);
}

}  // namespace
}  // namespace sekimori
