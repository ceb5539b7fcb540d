#pragma once

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <zmq.h>

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <zmq.hpp>

#include "collector/receive/record_receiver.h"
#include "core/record/codec.h"
#include "core/record/transport_message.h"
#include "sensor/ship/publisher.h"

namespace sekimori {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::string_view_literals::operator""sv;

struct KeyPair {
  CurveKey open;
  CurveKey secret;
};

inline KeyPair make_keys() {
  std::array<char, 41> open{};
  std::array<char, 41> secret{};
  zmq_curve_keypair(open.data(), secret.data());
  return {std::string_view{open.data()}, std::string_view{secret.data()}};
}

// Waits for a condition, not for a time; the limit only ends a test that has failed.
template <typename Condition>
bool eventually(Condition holds, std::chrono::milliseconds limit = 20s) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

// Stands in for the store: keeps what it is given, in memory that outlives a receiver.
class Store {
 public:
  BatchSink sink() {
    return {[this](const SensorName& sensor, std::uint64_t boot) -> std::optional<std::uint64_t> {
              const std::lock_guard lock{mutex_};
              return committed_[{std::string{sensor.view()}, boot}];
            },
            [this](std::span<const Batch> batches) { return commit(batches); }};
  }
  // Whether a sensor may have had batches that went elsewhere.
  void allow_jumps() { jumps_ = true; }
  void fail_next(int count) { failures_ = count; }
  std::vector<std::uint64_t> numbers() const {
    const std::lock_guard lock{mutex_};
    return numbers_;
  }
  std::vector<Counter> counters() const {
    const std::lock_guard lock{mutex_};
    return counters_;
  }
  std::uint64_t committed(const std::string& sensor, std::uint64_t boot) const {
    const std::lock_guard lock{mutex_};
    const auto found = committed_.find({sensor, boot});
    return found == committed_.end() ? 0 : found->second;
  }

 private:
  bool commit(std::span<const Batch> batches) {
    if (failures_ > 0) {
      --failures_;
      return false;
    }
    const std::lock_guard lock{mutex_};
    for (const Batch& batch : batches) keep(batch);
    return true;
  }
  void keep(const Batch& batch) {
    std::uint64_t& last = committed_[{std::string{batch.id.sensor.view()}, batch.id.boot}];
    EXPECT_TRUE(batch.id.sequence == last + 1 || jumps_) << batch.id.sequence << " after " << last;
    last = batch.id.sequence;
    for (const SessionRecord& record : batch.records) numbers_.push_back(record.client.bytes);
    counters_.insert(counters_.end(), batch.counters.begin(), batch.counters.end());
  }

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> committed_;
  std::vector<std::uint64_t> numbers_;  // each record's client.bytes
  std::vector<Counter> counters_;
  std::atomic<int> failures_ = 0;
  std::atomic<bool> jumps_ = false;
};

// A bare TCP connection to the port of an endpoint.
inline int open_connection(const std::string& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port =
      ::htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return descriptor;
}

class Transport : public testing::Test {
 protected:
  std::unique_ptr<RecordReceiver> receive(const std::string& endpoint = "tcp://127.0.0.1:*") {
    ReceiverOptions options;
    options.endpoint = endpoint;
    options.secret_key = collector_.secret;
    options.sensors = {{"tokyo-1", sensor_.open}, {"tokyo-2", second_.open}};
    options.handshake_limit = 500ms;
    if (adjust_) adjust_(options);
    // The port of a receiver that is gone may be held for a moment.
    for (int left = 100; left > 0; --left) {
      auto receiver = RecordReceiver::start(options, store_.sink());
      if (receiver) {
        endpoint_ = (*receiver)->endpoint();
        return std::move(*receiver);
      }
      std::this_thread::sleep_for(20ms);
    }
    ADD_FAILURE() << "cannot listen on " << endpoint;
    return nullptr;
  }

  // A second machine's, with a store and a key of its own.
  std::unique_ptr<RecordReceiver> receive_elsewhere(Store& store) {
    ReceiverOptions options;
    options.endpoint = "tcp://127.0.0.1:*";
    options.secret_key = second_.secret;
    options.sensors = {{"tokyo-1", sensor_.open}};
    auto receiver = RecordReceiver::start(options, store.sink());
    EXPECT_TRUE(receiver);
    return receiver ? std::move(*receiver) : nullptr;
  }

  PublisherOptions publisher_options() {
    PublisherOptions options;
    options.collectors = {{endpoint_, collector_.open}};
    options.secret_key = sensor_.secret;
    options.sensor = "tokyo-1"sv;
    options.boot = 7;
    options.speaker = {"edge-1"sv, "0.1.0"sv, Vantage::edge, Path::direct};
    options.when_full = WhenFull::wait;
    options.batch_age = 10ms;
    options.acknowledgement_timeout = 300ms;
    options.warn = [this](const std::string& line) {
      const std::lock_guard lock{mutex_};
      warnings_ += line + "\n";
    };
    return options;
  }

  std::unique_ptr<Publisher> publish(PublisherOptions options) {
    auto publisher = Publisher::start(std::move(options));
    EXPECT_TRUE(publisher);
    return publisher ? std::move(*publisher) : nullptr;
  }

  static void offer(Publisher& publisher, std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t at = first; at < first + count; ++at) {
      SessionRecord record;
      record.client.bytes = at;
      ASSERT_TRUE(publisher.offer(record));
    }
  }

  std::string warnings() {
    const std::lock_guard lock{mutex_};
    return warnings_;
  }

  // A socket of someone who speaks for itself; keys empty: plain text.
  zmq::socket_t raw(zmq::context_t& context, const CurveKey& open, const CurveKey& secret) {
    zmq::socket_t socket{context, zmq::socket_type::dealer};
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::rcvtimeo, 5000);
    if (!secret.empty()) {
      socket.set(zmq::sockopt::curve_serverkey, std::string{collector_.open.view()});
      socket.set(zmq::sockopt::curve_publickey, std::string{open.view()});
      socket.set(zmq::sockopt::curve_secretkey, std::string{secret.view()});
    }
    socket.connect(endpoint_);
    return socket;
  }

  static void say(zmq::socket_t& socket, const TransportMessage& message) {
    const auto bytes = encode_message(message);
    socket.send(zmq::buffer(bytes), zmq::send_flags::none);
  }
  template <typename Expected>
  static std::optional<Expected> hear(zmq::socket_t& socket) {
    zmq::message_t message;
    if (!socket.recv(message)) return std::nullopt;
    const auto parsed = parse_transport_message({message.data<std::uint8_t>(), message.size()});
    if (!parsed || !std::holds_alternative<Expected>(*parsed)) return std::nullopt;
    return std::get<Expected>(*parsed);
  }

  KeyPair collector_ = make_keys();
  KeyPair sensor_ = make_keys();
  KeyPair second_ = make_keys();
  Store store_;
  std::function<void(ReceiverOptions&)> adjust_;
  std::string endpoint_;
  std::mutex mutex_;
  std::string warnings_;
};

inline std::vector<std::uint64_t> count_to(std::uint64_t count) {
  std::vector<std::uint64_t> numbers(count);
  for (std::uint64_t at = 0; at < count; ++at) numbers[at] = at;
  return numbers;
}

}  // namespace sekimori
