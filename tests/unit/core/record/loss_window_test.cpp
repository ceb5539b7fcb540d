#include "core/record/loss_window.h"

#include <gtest/gtest.h>

#include <array>

namespace sekimori {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""h;
using std::string_view_literals::operator""sv;

constexpr Timestamp kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 26}};

SessionRecord session(std::chrono::nanoseconds start, std::chrono::nanoseconds end) {
  SessionRecord record;
  record.start = kNow + start;
  record.end = kNow + end;
  return record;
}
LossWindow window(LossKind kind, std::chrono::nanoseconds from, std::chrono::nanoseconds until) {
  return {kind, kNow + from, kNow + until, 5, "eth0"sv};
}

TEST(LossWindow, TouchesWhatOpenedInIt) {
  const LossWindow drops = window(LossKind::kernel, 60s, 62s);
  struct Case {
    const char* what;
    SessionRecord session;
    bool touched;
  };
  for (const Case& one : std::initializer_list<Case>{
           {"opened in it", session(61s, 300s), true},
           {"opened at its last moment", session(62s, 300s), true},
           {"opened after", session(62s + std::chrono::nanoseconds{1}, 300s), false},
           {"was still opening", session(50s, 300s), true},
           {"had opened: it has said all that a verdict uses", session(49s, 300s), false},
           {"was over", session(55s, 59s), false},
           {"ended in it", session(55s, 60s), true}}) {
    EXPECT_EQ(touches(drops, one.session), one.touched) << one.what;
  }
}

TEST(LossWindow, WhereNothingWasCapturedOnlyTheEdgeCounts) {
  for (const LossKind kind : {LossKind::downtime, LossKind::away}) {
    const LossWindow gap = window(kind, 60s, 1h);
    EXPECT_TRUE(touches(gap, session(58s, 60s)));
    EXPECT_FALSE(touches(gap, session(61s, 62s)));  // on another interface
    EXPECT_FALSE(touches(gap, session(1h, 2h)));
  }
}

TEST(LossWindow, ALostRecordTouchesNoOther) {
  EXPECT_FALSE(touches(window(LossKind::records, 0s, 1h), session(60s, 61s)));
  const StartRange range = starts_touched(window(LossKind::records, 0s, 1h));
  EXPECT_LT(range.last, range.first);
}

TEST(LossWindow, EverySessionThatIsTouchedBeganInTheRange) {
  for (const LossKind kind : {LossKind::kernel, LossKind::downtime, LossKind::clock}) {
    const LossWindow one = window(kind, 60s, 90s);
    const StartRange range = starts_touched(one);
    for (auto start = 0s; start < 120s; start += 1s) {
      const SessionRecord record = session(start, start + 600s);
      if (touches(one, record)) {
        EXPECT_GE(record.start, range.first);
        EXPECT_LE(record.start, range.last);
      }
    }
  }
}

TEST(LossWindow, MarksOnceAndOnlyThose) {
  std::array records{session(61s, 62s), session(0s, 62s)};
  const std::array windows{window(LossKind::kernel, 60s, 62s)};
  EXPECT_EQ(mark_touched(windows, records), 1U);
  EXPECT_EQ(records[0].loss.window, true);
  EXPECT_FALSE(records[1].loss.window);
  EXPECT_EQ(mark_touched(windows, records), 0U);
}

TEST(LossWindow, WindowsThatGoOnAreJoined) {
  std::vector<LossWindow> list;
  add_loss(list, window(LossKind::kernel, 0s, 2s));
  add_loss(list, window(LossKind::sensor, 0s, 2s));
  add_loss(list, window(LossKind::kernel, 1s, 3s));
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].until, kNow + 3s);
  EXPECT_EQ(list[0].count, 10U);
  add_loss(list, window(LossKind::kernel, 10s, 11s));
  EXPECT_EQ(list.size(), 3U);
}

TEST(LossWindow, AFullListLosesNoneOfThem) {
  std::vector<LossWindow> list;
  for (int at = 0; at < 200; ++at) {
    add_loss(list, window(LossKind::kernel, at * 10s, at * 10s + 1s));
  }
  EXPECT_EQ(list.size(), kBatchLossLimit);
  std::uint64_t count = 0;
  for (const LossWindow& one : list) count += one.count;
  EXPECT_EQ(count, 1000U);
  EXPECT_EQ(list.back().until, kNow + 1991s);
}

}  // namespace
}  // namespace sekimori
