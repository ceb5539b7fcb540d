#include "sensor/live_queue.h"

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<PacketBatch> batch_of(std::size_t packets) {
  auto batch = std::make_unique<PacketBatch>();
  for (std::size_t count = 0; count < packets; ++count) batch->add({}, {});
  return batch;
}

TEST(LiveQueue, TakesAFullBatchAndLeavesAnEmptyOne) {
  LiveQueue queue;
  auto batch = batch_of(3);
  EXPECT_TRUE(queue.put(7, batch));
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->size(), 0U);
  std::deque<LaneBatch> items;
  queue.take(items, 0ms);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].lane, 7U);
  EXPECT_EQ(items[0].packets->size(), 3U);
}

TEST(LiveQueue, KeepsPayloadAndOptionsOfItsPackets) {
  LiveQueue queue;
  auto batch = std::make_unique<PacketBatch>();
  {
    const std::vector<std::uint8_t> frame{1, 2, 3, 4, 5};
    Packet packet;
    packet.tcp.options = Bytes{frame}.first(2);
    packet.payload = Bytes{frame}.subspan(2);
    for (int count = 0; count < 100; ++count) batch->add(packet, {});
  }
  ASSERT_TRUE(queue.put(0, batch));
  std::deque<LaneBatch> items;
  queue.take(items, 0ms);
  EXPECT_EQ(items[0].packets->kept_bytes(), 500U);
}

TEST(LiveQueue, RefusesWhenFullUntilABatchWasDoneWith) {
  LiveQueue queue;
  for (std::size_t count = 0; count < kLiveQueueBatches; ++count) {
    auto batch = batch_of(1);
    ASSERT_TRUE(queue.put(0, batch));
  }
  auto late = batch_of(2);
  EXPECT_FALSE(queue.put(0, late));
  EXPECT_EQ(late->size(), 2U);
  // Taken is not enough: what waits for its turn still costs memory.
  std::deque<LaneBatch> items;
  queue.take(items, 0ms);
  EXPECT_EQ(items.size(), kLiveQueueBatches);
  EXPECT_FALSE(queue.put(0, late));
  queue.give_back(std::move(items.front().packets));
  EXPECT_TRUE(queue.put(0, late));
  EXPECT_EQ(late->size(), 0U);
}

}  // namespace
}  // namespace sekimori
