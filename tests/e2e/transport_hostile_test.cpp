// Peers of the record receiver that are strangers, liars or merely old.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "tests/e2e/transport.h"

namespace sekimori {
namespace {

TEST_F(Transport, AnUnknownKeyIsRefused) {
  const auto receiver = receive();
  PublisherOptions options = publisher_options();
  options.secret_key = make_keys().secret;
  const auto publisher = publish(options);
  offer(*publisher, 0, 10);
  EXPECT_TRUE(eventually([&] { return receiver->counters().keys_refused > 0; }));
  EXPECT_FALSE(publisher->drain(300ms));
  EXPECT_TRUE(store_.numbers().empty());
  EXPECT_EQ(receiver->counters().greetings, 0U);
}

TEST_F(Transport, AKnownKeyUnderAnotherNameIsRefusedAndTold) {
  const auto receiver = receive();
  PublisherOptions options = publisher_options();
  options.sensor = "tokyo-2"sv;  // with the key of tokyo-1
  const auto publisher = publish(options);
  offer(*publisher, 0, 10);
  EXPECT_TRUE(eventually([&] { return publisher->counters().greetings_refused > 0; }));
  EXPECT_TRUE(eventually(
      [&] { return warnings().find("this sensor's key has another name") != std::string::npos; }));
  EXPECT_FALSE(publisher->drain(100ms));
  EXPECT_TRUE(store_.numbers().empty());
}

TEST_F(Transport, APlainTextPeerGetsNoWordIn) {
  const auto receiver = receive();
  zmq::context_t context;
  zmq::socket_t plain = raw(context, {}, {});
  plain.set(zmq::sockopt::rcvtimeo, 300);
  plain.send(zmq::str_buffer("\x01hello"), zmq::send_flags::dontwait);
  EXPECT_FALSE(hear<Refusal>(plain));
  const auto publisher = publish(publisher_options());
  offer(*publisher, 0, 10);
  EXPECT_TRUE(publisher->drain(20s));
  EXPECT_EQ(receiver->counters().bad_messages, 0U);
  EXPECT_EQ(receiver->counters().greetings, 1U);
}

TEST_F(Transport, GarbageOnThePortDoesNoHarm) {
  const auto receiver = receive();
  std::mt19937 random{1};
  std::vector<int> idle;
  for (int round = 0; round < 50; ++round) {
    idle.push_back(open_connection(endpoint_));
    const int descriptor = open_connection(endpoint_);
    std::array<unsigned char, 200> garbage{};
    std::generate(garbage.begin(), garbage.end(),
                  [&] { return static_cast<unsigned char>(random()); });
    // Half of them begin as a greeting does (rfc.zeromq.org/spec/23).
    if (round % 2 == 0) garbage[0] = 0xff, garbage[9] = 0x7f, garbage[10] = 3;
    EXPECT_GT(::send(descriptor, garbage.data(), garbage.size(), MSG_NOSIGNAL), 0);
    ::close(descriptor);
  }
  const auto publisher = publish(publisher_options());
  offer(*publisher, 0, 1'000);
  EXPECT_TRUE(publisher->drain(20s));
  EXPECT_EQ(store_.numbers(), count_to(1'000));
  // Who says nothing is put out when the time for the handshake is over.
  EXPECT_TRUE(eventually([&] {
    return std::all_of(idle.begin(), idle.end(), [](int descriptor) {
      std::array<char, 256> bytes{};
      ssize_t size = 1;
      while (size > 0) size = ::recv(descriptor, bytes.data(), bytes.size(), MSG_DONTWAIT);
      return size == 0 || errno == ECONNRESET;
    });
  }));
  for (const int descriptor : idle) ::close(descriptor);
}

TEST_F(Transport, AnUnreadableBatchIsPassedOverAndTold) {
  auto receiver = receive();
  zmq::context_t context;
  zmq::socket_t sensor = raw(context, sensor_.open, sensor_.secret);
  say(sensor, Hello{1, 1, 7, 1, "tokyo-1"sv});
  ASSERT_TRUE(hear<Welcome>(sensor));
  const std::vector<std::uint8_t> garbage(100, 0x5a);
  say(sensor, Delivery{7, 1, garbage});
  const auto refusal = hear<Refusal>(sensor);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->sequence, 1U);
  EXPECT_EQ(refusal->reason, RefusalReason::unreadable);
  // Whose inside says another sensor, boot or sequence than its envelope.
  Batch other;
  other.id = {"tokyo-2"sv, 7, 2};
  say(sensor, Delivery{7, 2, compress(encode_batch(other))});
  ASSERT_TRUE(hear<Refusal>(sensor));
  Batch good;
  good.id = {"tokyo-1"sv, 7, 3};
  good.records.resize(1);
  say(sensor, Delivery{7, 3, compress(encode_batch(good))});
  const auto acknowledgement = hear<Acknowledgement>(sensor);
  ASSERT_TRUE(acknowledgement);
  EXPECT_EQ(acknowledgement->committed, 3U);
  EXPECT_EQ(receiver->counters().batches_unreadable, 2U);
  ASSERT_EQ(store_.counters().size(), 2U);
  EXPECT_EQ(store_.counters()[0].name, kUnreadableBatches);
  // Also for a receiver that never saw them.
  receiver.reset();
  receiver = receive(endpoint_);
  say(sensor, Hello{1, 1, 7, 4, "tokyo-1"sv});
  const auto welcome = hear<Welcome>(sensor);
  ASSERT_TRUE(welcome);
  EXPECT_EQ(welcome->committed, 3U);
}

TEST_F(Transport, ASequenceTooFarIsRefusedAndARepetitionAcknowledged) {
  const auto receiver = receive();
  zmq::context_t context;
  zmq::socket_t sensor = raw(context, sensor_.open, sensor_.secret);
  const auto deliver = [&](std::uint64_t sequence) {
    Batch batch;
    batch.id = {"tokyo-1"sv, 7, sequence};
    batch.records.resize(1);
    say(sensor, Delivery{7, sequence, compress(encode_batch(batch))});
  };
  deliver(1);  // before any Hello
  ASSERT_EQ(hear<Refusal>(sensor)->reason, RefusalReason::hello_wanted);
  say(sensor, Hello{1, 1, 7, 1, "tokyo-1"sv});
  ASSERT_TRUE(hear<Welcome>(sensor));
  deliver(1);
  EXPECT_EQ(hear<Acknowledgement>(sensor)->committed, 1U);
  deliver(1);
  EXPECT_EQ(hear<Acknowledgement>(sensor)->committed, 1U);
  deliver(3);
  EXPECT_EQ(hear<Refusal>(sensor)->reason, RefusalReason::hello_wanted);
  say(sensor, Hello{1, 1, 7, 2, "tokyo-1"sv});
  EXPECT_EQ(hear<Welcome>(sensor)->committed, 1U);
  deliver(2);
  EXPECT_EQ(hear<Acknowledgement>(sensor)->committed, 2U);
  EXPECT_EQ(store_.numbers().size(), 2U);
  EXPECT_EQ(receiver->counters().batches_repeated, 1U);
  EXPECT_EQ(receiver->counters().batches_out_of_order, 1U);
}

TEST_F(Transport, AVersionOrAMessageThatIsNotSpokenIsRefused) {
  const auto receiver = receive();
  zmq::context_t context;
  zmq::socket_t sensor = raw(context, sensor_.open, sensor_.secret);
  say(sensor, Hello{2, 1, 7, 1, "tokyo-1"sv});
  EXPECT_EQ(hear<Refusal>(sensor)->reason, RefusalReason::version);
  say(sensor, Hello{1, kSchemaVersion + 1, 7, 1, "tokyo-1"sv});
  EXPECT_EQ(hear<Refusal>(sensor)->reason, RefusalReason::version);
  sensor.send(zmq::str_buffer("\xff nonsense"), zmq::send_flags::none);
  sensor.send(zmq::str_buffer("\x01"), zmq::send_flags::sndmore);
  sensor.send(zmq::str_buffer("two parts"), zmq::send_flags::none);
  say(sensor, Welcome{7, 1, 1});
  say(sensor, Hello{1, 1, 7, 0, "tokyo-1"sv});
  EXPECT_TRUE(eventually([&] { return receiver->counters().bad_messages == 4; }));
}

}  // namespace
}  // namespace sekimori
