#include "collector/arrivals.h"

#include <gtest/gtest.h>

#include <thread>

namespace sekimori {
namespace {

using namespace std::chrono_literals;

TEST(Arrivals, GiveWhatCameInItsOrder) {
  Arrivals arrivals;
  std::vector<SessionRecord> sessions(2);
  sessions[1].protocol = 17;
  arrivals.put(sessions);
  std::vector<Claim> claims(2);
  claims[1].id = "second";
  arrivals.put(std::move(claims));
  const Arrivals::Taken taken = arrivals.take(0ms);
  ASSERT_EQ(taken.sessions.size(), 2U);
  EXPECT_EQ(taken.sessions[1].protocol, 17);
  ASSERT_EQ(taken.claims.size(), 2U);
  EXPECT_EQ(taken.claims[1].id, "second");
  EXPECT_TRUE(arrivals.take(0ms).claims.empty());
}

TEST(Arrivals, HaveRoomUntilFullOrClosed) {
  Arrivals arrivals;
  arrivals.put(std::vector<Claim>(Arrivals::kClaimCapacity - 1));
  EXPECT_TRUE(arrivals.has_room());
  arrivals.put(std::vector<Claim>(1));
  EXPECT_FALSE(arrivals.has_room());
  arrivals.take(0ms);
  EXPECT_TRUE(arrivals.has_room());
  arrivals.set_open(false);
  EXPECT_FALSE(arrivals.has_room());
  arrivals.set_open(true);
  EXPECT_TRUE(arrivals.has_room());
}

TEST(Arrivals, WakeWhoeverWaits) {
  Arrivals arrivals;
  std::thread sender{[&arrivals] { arrivals.put(std::vector<Claim>(1)); }};
  EXPECT_EQ(arrivals.take(60s).claims.size(), 1U);
  sender.join();
}

}  // namespace
}  // namespace sekimori
