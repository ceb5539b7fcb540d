#include "sensor/ship/told_losses.h"

#include <gtest/gtest.h>

namespace sekimori {
namespace {

LossWindow window_of(std::uint64_t count, int second) {
  const Timestamp at{std::chrono::seconds{second}};
  return {LossKind::records, at, at, count, {}};
}

std::uint64_t total(const std::vector<LossWindow>& windows) {
  std::uint64_t sum = 0;
  for (const LossWindow& one : windows) sum += one.count;
  return sum;
}

TEST(ToldLosses, ComeBackWithTheBatchesThatAreGivenUp) {
  ToldLosses told;
  told.note(1, {window_of(10, 100)});
  told.note(3, {window_of(20, 200)});
  told.note(4, {});
  told.note(7, {window_of(40, 300)});
  told.acknowledge(1);
  std::vector<LossWindow> back;
  told.take_back(1, 6, back);
  EXPECT_EQ(total(back), 20U);
  told.take_back(1, 6, back);
  EXPECT_EQ(total(back), 20U) << "once";
  told.take_back(7, 7, back);
  EXPECT_EQ(total(back), 60U);
}

TEST(ToldLosses, ForgetNothingWhenThereAreMany) {
  ToldLosses told;
  constexpr std::uint64_t more = ToldLosses::kLimit + 500;
  for (std::uint64_t sequence = 1; sequence <= more; ++sequence) {
    told.note(sequence, {window_of(1, static_cast<int>(sequence))});
  }
  std::vector<LossWindow> back;
  told.take_back(1, more, back);
  EXPECT_EQ(total(back), more);
  EXPECT_LE(back.size(), kBatchLossLimit);
}

}  // namespace
}  // namespace sekimori
