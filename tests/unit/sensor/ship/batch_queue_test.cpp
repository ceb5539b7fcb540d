#include "sensor/ship/batch_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace sekimori {
namespace {

SessionRecord numbered(std::uint64_t number) {
  SessionRecord record;
  record.client.bytes = number;
  return record;
}

std::vector<SessionRecord> take(BatchQueue& queue, std::size_t room) {
  std::vector<SessionRecord> records;
  queue.take(records, room);
  return records;
}

TEST(BatchQueue, KeepsTheOrderAcrossItsEnd) {
  BatchQueue queue{WhenFull::drop};
  std::uint64_t next_in = 0;
  std::uint64_t next_out = 0;
  for (int round = 0; round < 40; ++round) {
    for (int at = 0; at < 300; ++at) {
      ASSERT_NE(queue.offer(numbered(next_in++)), BatchQueue::Offered::dropped);
    }
    for (const SessionRecord& record : take(queue, 300)) {
      ASSERT_EQ(record.client.bytes, next_out++);
    }
  }
  EXPECT_EQ(next_out, next_in);
  EXPECT_TRUE(queue.empty());
}

TEST(BatchQueue, DropsTheNewestWhenFull) {
  BatchQueue queue{WhenFull::drop};
  for (std::uint64_t at = 0; at < kPublisherQueueLimit; ++at) {
    ASSERT_NE(queue.offer(numbered(at)), BatchQueue::Offered::dropped);
  }
  EXPECT_EQ(queue.offer(numbered(9999)), BatchQueue::Offered::dropped);
  EXPECT_EQ(take(queue, 1)[0].client.bytes, 0U);
  EXPECT_NE(queue.offer(numbered(8888)), BatchQueue::Offered::dropped);
  const auto rest = take(queue, kPublisherQueueLimit + 1);
  ASSERT_EQ(rest.size(), kPublisherQueueLimit);
  EXPECT_EQ(rest.back().client.bytes, 8888U);
}

TEST(BatchQueue, SaysWhenThereIsReasonToLook) {
  BatchQueue queue{WhenFull::drop};
  EXPECT_EQ(queue.offer(numbered(0)), BatchQueue::Offered::taken_and_due);
  for (std::size_t at = 2; at < kBatchRecordLimit; ++at) {
    ASSERT_EQ(queue.offer(numbered(at)), BatchQueue::Offered::taken);
  }
  EXPECT_EQ(queue.offer(numbered(0)), BatchQueue::Offered::taken_and_due);
}

TEST(BatchQueue, AProducerThatMayWaitWaitsForRoom) {
  BatchQueue queue{WhenFull::wait};
  constexpr std::uint64_t total = 3 * kPublisherQueueLimit;
  std::atomic<std::uint64_t> dropped{0};
  std::thread producer{[&] {
    for (std::uint64_t at = 0; at < total; ++at) {
      if (queue.offer(numbered(at)) == BatchQueue::Offered::dropped) ++dropped;
    }
  }};
  for (std::uint64_t expected = 0; expected < total;) {
    for (const SessionRecord& record : take(queue, 100)) {
      EXPECT_EQ(record.client.bytes, expected++);
    }
  }
  producer.join();
  EXPECT_EQ(dropped, 0U);
}

TEST(BatchQueue, ClosingLetsAWaitingProducerGo) {
  BatchQueue queue{WhenFull::wait};
  for (std::uint64_t at = 0; at < kPublisherQueueLimit; ++at) queue.offer(numbered(at));
  BatchQueue::Offered last{};
  std::thread producer{[&] { last = queue.offer(numbered(1)); }};
  queue.close();
  producer.join();
  EXPECT_EQ(last, BatchQueue::Offered::dropped);
  EXPECT_EQ(take(queue, kPublisherQueueLimit).size(), kPublisherQueueLimit);
  EXPECT_EQ(queue.offer(numbered(1)), BatchQueue::Offered::dropped);
}

TEST(BatchQueue, AWaitingProducerAsksWhetherToWaitOn) {
  int asked = 0;
  BatchQueue queue{WhenFull::wait, [&] { return ++asked < 3; }};
  for (std::uint64_t at = 0; at < kPublisherQueueLimit; ++at) queue.offer(numbered(at));
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(queue.offer(numbered(1)), BatchQueue::Offered::dropped);
  EXPECT_EQ(asked, 3);
}

TEST(BatchQueue, HoldsTheLastReportOnly) {
  BatchQueue queue{WhenFull::drop};
  queue.report({{std::string_view{"a"}, 1}});
  queue.report({{std::string_view{"a"}, 2}});
  EXPECT_FALSE(queue.empty());
  const auto report = queue.take_report();
  ASSERT_EQ(report.size(), 1U);
  EXPECT_EQ(report[0].value, 2U);
  EXPECT_TRUE(queue.take_report().empty());
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace sekimori
