// What a sensor's key allows, for how long, and how much.

#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "tests/e2e/transport.h"

namespace sekimori {
namespace {

TEST_F(Transport, AKeyIsChangedWithoutAStop) {
  const auto receiver = receive();
  const KeyPair next = make_keys();
  const auto before = publish(publisher_options());
  offer(*before, 0, 100);
  ASSERT_TRUE(before->drain(20s));

  receiver->allow({{"tokyo-1", sensor_.open}, {"tokyo-1", next.open}});
  PublisherOptions options = publisher_options();
  options.secret_key = next.secret;
  options.boot = 8;
  const auto after = publish(options);
  offer(*after, 100, 100);
  EXPECT_TRUE(after->drain(20s));
  EXPECT_EQ(store_.numbers(), count_to(200));
  EXPECT_EQ(store_.committed("tokyo-1", 8), 1U) << "the same name, whichever key";
}

TEST_F(Transport, AKeyThatIsTakenAwayIsNotHeardOnAnOpenConnection) {
  const auto receiver = receive();
  const auto publisher = publish(publisher_options());
  offer(*publisher, 0, 100);
  ASSERT_TRUE(eventually([&] { return publisher->counters().records_acknowledged == 100; }));
  receiver->allow({{"tokyo-2", second_.open}});
  offer(*publisher, 100, 100);
  ASSERT_TRUE(eventually([&] { return receiver->counters().keys_refused > 0; }));
  EXPECT_EQ(store_.numbers(), count_to(100));
  // And back: nothing was lost.
  receiver->allow({{"tokyo-1", sensor_.open}});
  EXPECT_TRUE(publisher->drain(20s));
  EXPECT_EQ(store_.numbers(), count_to(200));
}

TEST_F(Transport, ASensorAboveItsQuotaWaitsAndLosesNothing) {
  adjust_ = [](ReceiverOptions& options) { options.quota = 50; };  // 3,000 at once
  const auto receiver = receive();
  const auto busy = publish(publisher_options());
  offer(*busy, 0, 3'100);
  ASSERT_TRUE(eventually([&] { return receiver->counters().batches_over_quota > 0; }));
  PublisherOptions options = publisher_options();
  options.sensor = "tokyo-2"sv;
  options.secret_key = second_.secret;
  const auto other = publish(options);
  offer(*other, 0, 10);
  EXPECT_TRUE(other->drain(20s)) << "another sensor's quota is its own";
  EXPECT_TRUE(busy->drain(60s));
  EXPECT_EQ(store_.numbers().size(), 3'110U);
}

bool is_ended(int descriptor) {
  std::array<char, 256> bytes{};
  ssize_t size = 1;
  while (size > 0) size = ::recv(descriptor, bytes.data(), bytes.size(), MSG_DONTWAIT);
  return size == 0 || errno == ECONNRESET;
}

TEST_F(Transport, OneAddressHoldsSoManyConnectionsAndNoMore) {
  adjust_ = [](ReceiverOptions& options) {
    options.connections_per_address = 8;
    options.handshake_limit = 60s;  // none of the eight is put out for its silence
  };
  const auto receiver = receive();
  std::vector<int> held;
  for (int count = 0; count < 300; ++count) held.push_back(open_connection(endpoint_));
  ASSERT_TRUE(eventually([&] { return receiver->counters().connections_ended == 292; }));
  EXPECT_TRUE(eventually([&] { return std::count_if(held.begin(), held.end(), is_ended) == 292; }));
  for (const int descriptor : held) ::close(descriptor);
  // When they are gone there is room again.
  const auto publisher = publish(publisher_options());
  offer(*publisher, 0, 100);
  EXPECT_TRUE(publisher->drain(20s));
  EXPECT_EQ(store_.numbers(), count_to(100));
}

TEST_F(Transport, WhatCannotBeReadIsKeptAsItCameUntilTheFolderIsFull) {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() /
                                       ("sekimori_quarantine_" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  adjust_ = [&](ReceiverOptions& options) {
    auto quarantine = Quarantine::open(folder.string(), 250);
    ASSERT_TRUE(quarantine);
    options.quarantine = std::move(*quarantine);
  };
  const auto receiver = receive();
  zmq::context_t context;
  zmq::socket_t sensor = raw(context, sensor_.open, sensor_.secret);
  say(sensor, Hello{1, 1, 7, 1, "tokyo-1"sv});
  ASSERT_TRUE(hear<Welcome>(sensor));
  const std::vector<std::uint8_t> garbage(100, 0x5a);
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) {
    say(sensor, Delivery{7, sequence, garbage});
    ASSERT_TRUE(hear<Refusal>(sensor));
  }
  EXPECT_EQ(receiver->counters().batches_unreadable, 4U);
  EXPECT_EQ(receiver->counters().batches_quarantined, 2U);
  const auto first = folder / "tokyo-1-0000000000000007-0000000000000001.batch";
  EXPECT_EQ(std::filesystem::file_size(first), 100U);
  EXPECT_EQ(std::filesystem::status(first).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  // What is there counts when it is opened again.
  auto again = Quarantine::open(folder.string(), 250);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->keep({"tokyo-1"sv, 7, 9}, garbage));
  std::filesystem::remove_all(folder);
  EXPECT_FALSE(Quarantine::open("/proc/none/quarantine", 250));
}

}  // namespace
}  // namespace sekimori
