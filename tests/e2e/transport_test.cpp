// publisher -- CURVE over loopback TCP --> record receiver, both in this process.

#include "tests/e2e/transport.h"

namespace sekimori {
namespace {

using testing::HasSubstr;

TEST_F(Transport, CarriesRecordsAndReportsInOrder) {
  const auto receiver = receive();
  const auto publisher = publish(publisher_options());
  offer(*publisher, 0, 10'000);
  const Counter report{"decode.tcp.truncated"sv, 3};
  publisher->report({&report, 1});
  EXPECT_TRUE(publisher->drain(20s));
  EXPECT_EQ(store_.numbers(), count_to(10'000));
  ASSERT_EQ(store_.counters().size(), 1U);
  EXPECT_EQ(store_.counters()[0].name, "decode.tcp.truncated"sv);
  const PublisherCounters sent = publisher->counters();
  EXPECT_EQ(sent.records_offered, 10'000U);
  EXPECT_EQ(sent.records_acknowledged, 10'000U);
  EXPECT_EQ(sent.batches_acknowledged, sent.batches_sent);
  EXPECT_EQ(receiver->counters().records_committed, 10'000U);
  EXPECT_EQ(receiver->counters().batches_missing, 0U);
}

TEST_F(Transport, ABatchThatIsNotFullLeavesByItself) {
  const auto receiver = receive();
  const auto publisher = publish(publisher_options());
  offer(*publisher, 0, 1);
  EXPECT_TRUE(eventually([&] { return store_.numbers().size() == 1; }));
}

TEST_F(Transport, RecordsWaitForACollectorThatComesLate) {
  endpoint_ = receive()->endpoint();  // a port that is free again
  const auto publisher = publish(publisher_options());
  offer(*publisher, 0, 1'000);
  EXPECT_FALSE(publisher->drain(100ms));
  const auto receiver = receive(endpoint_);
  EXPECT_TRUE(publisher->drain(20s));
  EXPECT_EQ(store_.numbers(), count_to(1'000));
}

TEST_F(Transport, NothingIsLostOrDoubledWhenTheCollectorComesAndGoes) {
  auto receiver = receive();
  const auto publisher = publish(publisher_options());
  constexpr std::uint64_t total = 120'000;
  std::thread producer{[&] { offer(*publisher, 0, total); }};
  for (std::uint64_t step = 1; step <= 5; ++step) {
    ASSERT_TRUE(eventually([&] { return store_.numbers().size() >= step * total / 10; }));
    receiver.reset();
    receiver = receive(endpoint_);
    // Or a quick store sends it away again before it was met.
    ASSERT_TRUE(eventually([&] { return publisher->counters().greetings > step; }));
  }
  producer.join();
  EXPECT_TRUE(publisher->drain(60s));
  EXPECT_EQ(store_.numbers(), count_to(total));
  EXPECT_GE(publisher->counters().greetings, 6U);
  EXPECT_EQ(publisher->counters().records_acknowledged, total);
}

TEST_F(Transport, WhatCannotBeCommittedIsSentAgain) {
  const auto receiver = receive();
  store_.fail_next(3);
  const auto publisher = publish(publisher_options());
  offer(*publisher, 0, 2'000);
  EXPECT_TRUE(publisher->drain(20s));
  EXPECT_EQ(store_.numbers(), count_to(2'000));
  EXPECT_EQ(receiver->counters().commits_failed, 3U);
  EXPECT_GE(publisher->counters().batches_sent_again, 3U);
}

TEST_F(Transport, AFullQueueDropsAndCountsWhenItMayNotWait) {
  endpoint_ = receive()->endpoint();
  PublisherOptions options = publisher_options();
  options.when_full = WhenFull::drop;
  const auto publisher = publish(options);
  constexpr std::uint64_t most =
      kPublisherQueueLimit + kBatchRecordLimit * (kUnacknowledgedLimit + 1);
  for (std::uint64_t at = 0; at < most + 1000; ++at) publisher->offer(SessionRecord{});
  const PublisherCounters counters = publisher->counters();
  EXPECT_GE(counters.records_dropped, 1000U);
  const auto receiver = receive(endpoint_);
  EXPECT_TRUE(publisher->drain(20s));
  EXPECT_EQ(publisher->counters().records_acknowledged + publisher->counters().records_dropped,
            publisher->counters().records_offered);
}

TEST_F(Transport, TwoSensorsHaveEachTheirOwnSeries) {
  const auto receiver = receive();
  const auto first = publish(publisher_options());
  PublisherOptions options = publisher_options();
  options.sensor = "tokyo-2"sv;
  options.secret_key = second_.secret;
  options.boot = 9;
  const auto second = publish(options);
  std::thread other{[&] { offer(*second, 0, 5'000); }};
  offer(*first, 0, 5'000);
  other.join();
  EXPECT_TRUE(first->drain(20s));
  EXPECT_TRUE(second->drain(20s));
  EXPECT_EQ(store_.numbers().size(), 10'000U);
  EXPECT_EQ(store_.committed("tokyo-1", 7), first->counters().batches_sent);
  EXPECT_EQ(store_.committed("tokyo-2", 9), second->counters().batches_sent);
}

TEST_F(Transport, WhatCannotWorkIsSaidAtTheStart) {
  ReceiverOptions receiver;
  receiver.endpoint = "tcp://192.0.2.1:1";
  receiver.secret_key = collector_.secret;
  EXPECT_THAT(RecordReceiver::start(receiver, store_.sink()).error().text(),
              HasSubstr("cannot listen on 'tcp://192.0.2.1:1'"));
  receiver.secret_key = {};
  EXPECT_THAT(RecordReceiver::start(receiver, store_.sink()).error().text(),
              HasSubstr("sekimori keys collector"));
  endpoint_ = "no endpoint";
  EXPECT_THAT(Publisher::start(publisher_options()).error().text(),
              HasSubstr("cannot connect to 'no endpoint'"));
  PublisherOptions nameless = publisher_options();
  nameless.sensor = "a b"sv;
  EXPECT_FALSE(Publisher::start(nameless));
}

TEST_F(Transport, GoesToTheNextCollectorAndComesBack) {
  auto first = receive();
  const std::string first_endpoint = endpoint_;
  // Its own store, as a second machine has.
  Store second_store;
  second_store.allow_jumps();
  store_.allow_jumps();
  const auto second = receive_elsewhere(second_store);
  ASSERT_TRUE(second);

  PublisherOptions options = publisher_options();
  options.collectors.push_back({second->endpoint(), second_.open});
  options.failover_after = 1s;
  options.return_interval = 500ms;
  const auto publisher = publish(options);
  offer(*publisher, 0, 1000);
  ASSERT_TRUE(eventually([&] { return publisher->counters().records_acknowledged == 1000; }));
  EXPECT_EQ(publisher->counters().collector, 0U);

  first.reset();
  offer(*publisher, 1000, 1000);
  ASSERT_TRUE(eventually([&] { return publisher->counters().records_acknowledged == 2000; }));
  EXPECT_EQ(publisher->counters().collector, 1U);

  first = receive(first_endpoint);
  ASSERT_TRUE(eventually([&] { return publisher->counters().collector == 0; }));
  offer(*publisher, 2000, 1000);
  EXPECT_TRUE(publisher->drain(20s));
  // Between them each record once: none was out when a collector went.
  std::vector<std::uint64_t> all = store_.numbers();
  const std::vector<std::uint64_t> others = second_store.numbers();
  EXPECT_FALSE(others.empty());
  all.insert(all.end(), others.begin(), others.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, count_to(3000));
}

TEST_F(Transport, ACollectorThatCanKeepNothingIsLeftToo) {
  const auto first = receive();
  store_.fail_next(1'000'000);
  Store second_store;
  const auto second = receive_elsewhere(second_store);
  ASSERT_TRUE(second);
  PublisherOptions options = publisher_options();
  options.collectors.push_back({second->endpoint(), second_.open});
  options.failover_after = 1s;
  const auto publisher = publish(options);
  offer(*publisher, 0, 1000);
  EXPECT_TRUE(publisher->drain(20s));
  EXPECT_EQ(second_store.numbers(), count_to(1000));
}

}  // namespace
}  // namespace sekimori
