#include "sensor/clock_step.h"

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr Timestamp kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 26}};
constexpr ClockStep::Steady kSteady{1000s};

TEST(ClockStep, TimeThatPassesIsNoStep) {
  ClockStep clock;
  EXPECT_FALSE(clock.look(kNow, kSteady));
  EXPECT_FALSE(clock.look(kNow + 100ms, kSteady + 100ms));
  EXPECT_FALSE(clock.look(kNow + 3600s + 50ms, kSteady + 3600s));  // slewed
}

TEST(ClockStep, AStepForwardIsTheTimeThatWasSkipped) {
  ClockStep clock;
  clock.look(kNow, kSteady);
  const auto step = clock.look(kNow + 60s + 1s, kSteady + 1s);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->kind, LossKind::clock);
  EXPECT_EQ(step->from, kNow + 1s);
  EXPECT_EQ(step->until, kNow + 61s);
  EXPECT_EQ(step->count, 60'000'000U);
  EXPECT_FALSE(clock.look(kNow + 62s, kSteady + 2s));
}

TEST(ClockStep, AStepBackIsTheTimeThatComesTwice) {
  ClockStep clock;
  clock.look(kNow, kSteady);
  const auto step = clock.look(kNow - 5s, kSteady);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->from, kNow - 5s);
  EXPECT_EQ(step->until, kNow);
}

}  // namespace
}  // namespace sekimori
