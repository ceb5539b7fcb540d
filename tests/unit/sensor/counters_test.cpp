#include "sensor/counters.h"

#include <gtest/gtest.h>

namespace sekimori {
namespace {

TEST(Counters, SayWhyFramesWereNotDecoded) {
  FrameCounters counters;
  counters.frames = 9;
  EXPECT_EQ(describe(counters), "9 frames, 0 of them not decoded");
  counters.count({Fault::malformed, Layer::tcp, 0});
  counters.count({Fault::unsupported, Layer::link, 0});
  counters.count({Fault::unsupported, Layer::ipv6, 0});
  EXPECT_EQ(describe(counters),
            "9 frames, 3 of them not decoded (1 malformed, 2 of what is not read here)");
  counters.count({Fault::truncated, Layer::udp, 0});
  EXPECT_EQ(counters.defect_total(Fault::truncated), 1U);
  EXPECT_EQ(
      describe(counters),
      "9 frames, 4 of them not decoded (1 cut short by the capture, 1 malformed, 2 of what is "
      "not read here)");
}

TEST(Counters, SayWhatBecameOfFragments) {
  FrameCounters counters;
  counters.joining.taken = 7;
  counters.joining.joined = 4;
  counters.joining.packets = 2;
  counters.joining.repeated = 3;
  EXPECT_EQ(describe(counters), "0 frames, 0 of them not decoded; 7 fragments made 2 packets");
  counters.joining.repeated = 0;
  counters.joining.timed_out = 1;  // and two wait
  EXPECT_EQ(describe(counters),
            "0 frames, 0 of them not decoded; 7 fragments made 2 packets, 3 of them none");
}

TEST(Counters, AddUp) {
  FrameCounters counters;
  counters.frames = 1;
  counters.wire_bytes = 2;
  counters.tracked = 3;
  counters.packets = 4;
  counters.fragments = 5;
  counters.count({Fault::truncated, Layer::udp, 0});
  counters.joining.taken = 6;
  FrameCounters sum = counters;
  sum += counters;
  EXPECT_EQ(sum.frames, 2U);
  EXPECT_EQ(sum.wire_bytes, 4U);
  EXPECT_EQ(sum.tracked, 6U);
  EXPECT_EQ(sum.packets, 8U);
  EXPECT_EQ(sum.fragments, 10U);
  EXPECT_EQ(sum.defect_total(), 2U);
  EXPECT_EQ(sum.joining.taken, 12U);
}

}  // namespace
}  // namespace sekimori
