#include "sensor/live_merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const LiveMerge::Steady kNow{1000s};

Timestamp at(int milliseconds_later) {
  return Timestamp{std::chrono::milliseconds{milliseconds_later}};
}

class LiveMergeTest : public testing::Test {
 protected:
  void add(std::size_t lane, const std::vector<int>& times, LiveMerge::Steady arrived = kNow) {
    LaneBatch batch{lane, arrived, std::make_unique<PacketBatch>()};
    for (const int time : times) {
      Packet packet;
      packet.time = at(time);
      batch.packets->add(packet, {});
    }
    batch.packets->settle();
    merge_.add(std::move(batch));
  }
  std::vector<int> run(const std::vector<int>& watermarks, LiveMerge::Steady now = kNow) {
    std::vector<Timestamp> reached;
    for (const int mark : watermarks) reached.push_back(at(mark));
    std::vector<int> out;
    merge_.run(
        reached, now,
        [&](const PacketBatch& batch, std::size_t place) {
          const auto since = batch.time(place).time_since_epoch();
          out.push_back(static_cast<int>(
              std::chrono::duration_cast<std::chrono::milliseconds>(since).count()));
        },
        [&](const std::unique_ptr<PacketBatch>&) { ++done_; });
    return out;
  }

  LiveMerge merge_{2};
  int done_ = 0;
};

TEST_F(LiveMergeTest, PutsTwoLanesInOrderOfTime) {
  add(0, {1, 4, 5});
  add(1, {2, 3, 6});
  add(0, {7});
  EXPECT_THAT(run({100, 100}), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(done_, 3);
}

TEST_F(LiveMergeTest, WaitsForALaneThatHasNotComeAsFar) {
  add(0, {1, 4, 9});
  EXPECT_THAT(run({9, 4}), ElementsAre(1, 4));
  EXPECT_THAT(run({9, 4}), IsEmpty());
  EXPECT_EQ(done_, 0);
  add(1, {8});
  EXPECT_THAT(run({9, 8}), ElementsAre(8));
  EXPECT_THAT(run({9, 9}), ElementsAre(9));
  EXPECT_EQ(done_, 2);
}

TEST_F(LiveMergeTest, WaitsNoLongerThanItsLimit) {
  add(0, {1, 4});
  EXPECT_THAT(run({4, 0}, kNow + LiveMerge::kLongestHold - 1ms), IsEmpty());
  EXPECT_THAT(run({4, 0}, kNow + LiveMerge::kLongestHold), ElementsAre(1, 4));
}

TEST_F(LiveMergeTest, OverdueOnesStillKeepTheirOrder) {
  add(0, {1, 4}, kNow - 1s);
  add(1, {2}, kNow - 1s);
  EXPECT_THAT(run({0, 0}), ElementsAre(1, 2, 4));
}

TEST_F(LiveMergeTest, AfterAStepBackOfTheClockPacketsKeepTheOrderOfTheirLane) {
  add(0, {50, 10, 11});
  EXPECT_THAT(run({100, 100}), ElementsAre(50, 10, 11));
}

}  // namespace
}  // namespace sekimori
