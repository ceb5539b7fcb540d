#include "sensor/ship/outbox.h"

#include <gtest/gtest.h>

#include "sensor/ship/publisher.h"

namespace sekimori {
namespace {

// Batches 1..count of one byte each, which is the sequence, with as many records.
Outbox filled(std::uint8_t count) {
  Outbox box;
  for (std::uint8_t at = 1; at <= count; ++at) box.add({at}, at);
  return box;
}

std::vector<std::uint64_t> send_all(Outbox& box, std::size_t credit) {
  std::vector<std::uint64_t> sequences;
  while (const auto next = box.next(credit)) {
    EXPECT_EQ(next->frame.size(), 1U);
    EXPECT_EQ(next->frame[0], next->sequence);
    sequences.push_back(next->sequence);
    box.sent();
  }
  return sequences;
}

using Sequences = std::vector<std::uint64_t>;

TEST(Outbox, SendsNoMoreThanTheCredit) {
  Outbox box = filled(5);
  EXPECT_EQ(send_all(box, 2), (Sequences{1, 2}));
  EXPECT_EQ(box.in_flight(), 2U);
  ASSERT_TRUE(box.acknowledge(1));
  EXPECT_EQ(send_all(box, 2), (Sequences{3}));
  EXPECT_EQ(send_all(box, 0), Sequences{});
}

TEST(Outbox, AfterARewindItSendsTheUnacknowledgedAgain) {
  Outbox box = filled(4);
  send_all(box, 3);
  const auto settled = box.acknowledge(2);
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->batches, 2U);
  EXPECT_EQ(settled->records, 3U);
  box.rewind();
  ASSERT_TRUE(box.next(9));
  EXPECT_TRUE(box.next(9)->again);
  EXPECT_EQ(send_all(box, 9), (Sequences{3, 4}));
  EXPECT_EQ(box.oldest(), 3U);
  EXPECT_EQ(box.next_sequence(), 5U);
}

TEST(Outbox, KnowsABatchThatWasNeverSent) {
  Outbox box = filled(2);
  send_all(box, 1);
  box.rewind();
  EXPECT_TRUE(box.next(9)->again);
  box.sent();
  EXPECT_FALSE(box.next(9)->again);
}

TEST(Outbox, AnOldAcknowledgementChangesNothing) {
  Outbox box = filled(4);
  send_all(box, 4);
  ASSERT_TRUE(box.acknowledge(3));
  const auto again = box.acknowledge(3);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->batches, 0U);
  EXPECT_EQ(box.in_flight(), 1U);
}

TEST(Outbox, RefusesAcknowledgementsOfWhatItDoesNotHold) {
  Outbox box = filled(4);
  ASSERT_TRUE(box.acknowledge(3));
  EXPECT_FALSE(box.acknowledge(1));
  EXPECT_FALSE(box.acknowledge(5));
  EXPECT_FALSE(box.acknowledge(~std::uint64_t{0}));
  EXPECT_EQ(box.oldest(), 4U);
  Outbox fresh;
  EXPECT_TRUE(fresh.acknowledge(0));
  EXPECT_FALSE(fresh.acknowledge(1));
}

TEST(Outbox, ARefusedBatchGoesWhenItIsTheOldest) {
  Outbox box = filled(3);
  send_all(box, 3);
  EXPECT_FALSE(box.refuse(2));
  ASSERT_TRUE(box.acknowledge(1));
  const auto settled = box.refuse(2);
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->records, 2U);
  EXPECT_EQ(box.oldest(), 3U);
  EXPECT_EQ(box.in_flight(), 1U);
}

TEST(Outbox, IsFullAtItsLimit) {
  Outbox box;
  for (std::size_t at = 0; at < kUnacknowledgedLimit; ++at) {
    EXPECT_FALSE(box.full());
    box.add({}, 0);
  }
  EXPECT_TRUE(box.full());
  ASSERT_TRUE(box.acknowledge(1));
  EXPECT_FALSE(box.full());
}

}  // namespace
}  // namespace sekimori
