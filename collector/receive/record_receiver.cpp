#include "collector/receive/record_receiver.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include <zmq.hpp>

#include "collector/receive/connection_guard.h"
#include "collector/receive/quota.h"
#include "collector/receive/zap.h"
#include "core/net/wakeup.h"
#include "core/record/codec.h"
#include "core/record/transport_message.h"

namespace sekimori {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Batches that a sensor may have out: 64 of 64 KiB fill a path of 100 ms at 40 MB/s.
constexpr std::uint32_t kCredit = 64;
// Messages taken from the sockets before the door is asked again: a burst of batches must not keep
// a sensor waiting at the handshake.
constexpr int kBurst = 16;
// A thread that has nothing to do still shows that it goes round.
constexpr milliseconds kLongestTurn = seconds{1};
// Messages that wait per connection, beside what TCP holds: 64 batches are one sensor's credit.
constexpr int kReceiveLimit = 64;
constexpr int kBacklog = 128;  // connections not yet accepted
constexpr milliseconds kHeartbeat = seconds{5};
constexpr milliseconds kHeartbeatTimeout = seconds{15};
// Sequences and "oldest" beyond this are not a count of anything; sums with them do not overflow.
constexpr std::uint64_t kSequenceLimit = std::uint64_t{1} << 62U;

int count_of(milliseconds time) {
  return static_cast<int>(time.count());
}

// What is known of a sensor since its last Hello. One each: a second connection with the same key
// replaces the first, whose sensor then has to greet again.
struct Session {
  std::string routing_id;
  std::uint64_t boot = 0;
  std::uint64_t committed = 0;
  // committed + 1, or past a gap that the sensor declared, or past what came and is not committed.
  std::uint64_t expected = 1;
  // After a refusal or a failed commit: everything is out of order until the next Hello.
  bool stalled = false;
};

struct Totals {
  std::atomic<std::uint64_t> batches_committed, records_committed, batches_repeated,
      batches_out_of_order, batches_unreadable, batches_missing, commits_failed, greetings,
      greetings_refused, keys_refused, bad_messages, connections_ended, batches_over_quota,
      batches_quarantined;
};

// A batch is what its envelope says, or nothing.
std::optional<Batch> read_batch(const Delivery& delivery, std::string_view sensor) {
  const auto buffer = decompress(delivery.frame, kBatchSizeLimit);
  if (!buffer) return std::nullopt;
  Result<Batch> batch = decode_batch(*buffer);
  if (!batch || batch->id.boot != delivery.boot || batch->id.sequence != delivery.sequence ||
      batch->id.sensor != sensor) {
    return std::nullopt;
  }
  return std::move(*batch);
}

Batch stand_in(const SensorName& sensor, const Delivery& delivery) {
  Batch batch;
  batch.id = {sensor, delivery.boot, delivery.sequence};
  batch.counters.push_back({kUnreadableBatches, 1});
  return batch;
}

}  // namespace

class RecordReceiver::Worker {
 public:
  Worker(ReceiverOptions options, BatchSink sink)
      : options_{std::move(options)},
        sink_{std::move(sink)},
        door_{context_, options_.sensors},
        router_{context_, zmq::socket_type::router},
        guard_{context_, router_, options_.connections_per_address} {
    router_.set(zmq::sockopt::curve_server, true);
    router_.set(zmq::sockopt::curve_secretkey, std::string{options_.secret_key.view()});
    router_.set(zmq::sockopt::zap_domain, std::string{kZapDomain});
    router_.set(zmq::sockopt::maxmsgsize,
                static_cast<std::int64_t>(kFrameSizeLimit + kMessageOverheadLimit));
    router_.set(zmq::sockopt::handshake_ivl, count_of(options_.handshake_limit));
    router_.set(zmq::sockopt::heartbeat_ivl, count_of(kHeartbeat));
    router_.set(zmq::sockopt::heartbeat_timeout, count_of(kHeartbeatTimeout));
    router_.set(zmq::sockopt::rcvhwm, kReceiveLimit);
    router_.set(zmq::sockopt::backlog, kBacklog);
    router_.set(zmq::sockopt::ipv6, true);
    router_.set(zmq::sockopt::linger, 0);
    router_.bind(options_.endpoint);
    endpoint_ = router_.get(zmq::sockopt::last_endpoint);
    thread_ = std::thread{[this] { run(); }};
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    stop_.store(true);
    wakeup_.ring();
    thread_.join();
  }

  void allow(std::vector<AllowedSensor> sensors) {
    {
      const std::lock_guard lock{allowing_};
      allowed_ = std::move(sensors);
    }
    wakeup_.ring();
  }

  const std::string& endpoint() const noexcept { return endpoint_; }
  std::uint64_t turns() const noexcept { return turns_.load(std::memory_order_relaxed); }
  ReceiverCounters counters() const {
    return {totals_.batches_committed,    totals_.records_committed,  totals_.batches_repeated,
            totals_.batches_out_of_order, totals_.batches_unreadable, totals_.batches_missing,
            totals_.commits_failed,       totals_.greetings,          totals_.greetings_refused,
            totals_.keys_refused,         totals_.connections_ended,  totals_.batches_over_quota,
            totals_.batches_quarantined,  totals_.bad_messages};
  }

 private:
  void run() noexcept {
    block_signals();
    ::pthread_setname_np(::pthread_self(), "receive");
    while (!stop_.load()) {
      try {
        serve();
      } catch (const zmq::error_t& error) {
        // Nothing here fails but for want of memory or descriptors; sensors keep their batches.
        warn(std::string{"receiver: "} + error.what());
        std::this_thread::sleep_for(seconds{1});
      }
    }
  }

  void serve() {
    std::array<zmq::pollitem_t, 4> items{{{door_.socket().handle(), 0, ZMQ_POLLIN, 0},
                                          {guard_.socket().handle(), 0, ZMQ_POLLIN, 0},
                                          {router_.handle(), 0, ZMQ_POLLIN, 0},
                                          {nullptr, wakeup_.descriptor(), ZMQ_POLLIN, 0}}};
    while (!stop_.load()) {
      turns_.fetch_add(1, std::memory_order_relaxed);
      zmq::poll(items, kLongestTurn);
      wakeup_.clear();
      take_list();
      totals_.connections_ended += guard_.look();
      totals_.keys_refused += door_.answer();
      for (int taken = 0; taken < kBurst && !stop_.load() && take_message(); ++taken) {
      }
      commit_group();
    }
  }

  void take_list() {
    const std::lock_guard lock{allowing_};
    if (allowed_) door_.allow(*std::exchange(allowed_, std::nullopt));
  }

  // False: none waits.
  bool take_message() {
    zmq::message_t routing_id;
    zmq::message_t message;
    if (!router_.recv(routing_id, zmq::recv_flags::dontwait)) return false;
    // Parts of one message arrive together, so these never wait.
    (void)router_.recv(message);
    bool more = message.more();
    const char* key = zmq_msg_gets(message.handle(), "User-Id");
    const SensorName sensor{key == nullptr ? std::string_view{} : door_.name_of(key)};
    const bool single = !more;
    while (more) {
      zmq::message_t extra;
      (void)router_.recv(extra);
      more = extra.more();
    }
    const auto parsed = parse_transport_message({message.data<std::uint8_t>(), message.size()});
    if (sensor.empty()) {
      ++totals_.keys_refused;  // allowed when it came, and no longer
    } else if (!single || !parsed) {
      ++totals_.bad_messages;
    } else if (const Hello* hello = std::get_if<Hello>(&*parsed)) {
      greet(routing_id.to_string(), sensor, *hello);
    } else if (const Delivery* delivery = std::get_if<Delivery>(&*parsed)) {
      take(routing_id.to_string(), sensor, *delivery);
    } else {
      ++totals_.bad_messages;
    }
    return true;
  }

  void greet(const std::string& routing_id, const SensorName& sensor, const Hello& hello) {
    commit_group();
    if (hello.version != kTransportVersion || hello.schema > kSchemaVersion) {
      return refuse_greeting(routing_id, sensor, hello, RefusalReason::version);
    }
    if (hello.sensor != sensor) {
      return refuse_greeting(routing_id, sensor, hello, RefusalReason::wrong_name);
    }
    if (hello.oldest == 0 || hello.oldest > kSequenceLimit) {
      ++totals_.bad_messages;
      return;
    }
    if (!quota_of(sensor).open(Quota::Clock::now())) return;  // it asks again
    const std::optional<std::uint64_t> committed = sink_.committed(sensor, hello.boot);
    if (!committed) return;
    Session& session = sessions_[std::string{sensor.view()}];
    session = {routing_id, hello.boot, *committed, std::max(*committed + 1, hello.oldest), false};
    ++totals_.greetings;
    send(routing_id, Welcome{hello.boot, session.expected - 1, kCredit});
  }

  void refuse_greeting(const std::string& routing_id, const SensorName& sensor, const Hello& hello,
                       RefusalReason reason) {
    ++totals_.greetings_refused;
    const bool wrong_name = reason == RefusalReason::wrong_name;
    warn("sensor '" + std::string{sensor.view()} + "' refused: " +
         (wrong_name ? "it gives another name than its key has here"
                     : "it speaks a newer version than this collector"));
    send(routing_id, Refusal{hello.boot, 0, reason});
  }

  void take(const std::string& routing_id, const SensorName& sensor, const Delivery& delivery) {
    const auto found = sessions_.find(sensor.view());
    if (found == sessions_.end() || found->second.routing_id != routing_id ||
        found->second.boot != delivery.boot) {
      return send(routing_id,
                  Refusal{delivery.boot, delivery.sequence, RefusalReason::hello_wanted});
    }
    Session& session = found->second;
    const bool in_order = delivery.sequence == session.expected;
    if (!in_order || (!group_.empty() && group_.front().id.sensor != sensor)) commit_group();
    if (session.stalled) return;
    if (delivery.sequence > session.expected) {
      ++totals_.batches_out_of_order;
      session.stalled = true;
      return send(routing_id,
                  Refusal{delivery.boot, delivery.sequence, RefusalReason::hello_wanted});
    }
    if (delivery.sequence < session.expected) {
      ++totals_.batches_repeated;
      return send(routing_id, Acknowledgement{session.boot, session.expected - 1, kCredit});
    }
    take_next(session, sensor, delivery);
  }

  Quota& quota_of(const SensorName& sensor) {
    const auto known = quotas_.find(sensor.view());
    if (known != quotas_.end()) return known->second;
    return quotas_.emplace(std::string{sensor.view()}, Quota{options_.quota, Quota::Clock::now()})
        .first->second;
  }

  void take_next(Session& session, const SensorName& sensor, const Delivery& delivery) {
    Quota& quota = quota_of(sensor);
    if (!quota.open(Quota::Clock::now())) {
      if (totals_.batches_over_quota++ == 0) {
        warn("sensor '" + std::string{sensor.view()} +
             "' sends more records than its quota: it has to wait (receive.quota)");
      }
      commit_group();
      session.stalled = true;
      return;
    }
    std::optional<Batch> batch = read_batch(delivery, sensor);
    if (!batch) return pass_over(session, sensor, delivery);
    quota.take(batch->records.size());
    session.expected = delivery.sequence + 1;
    group_.push_back(std::move(*batch));
  }

  // What cannot be read is committed too, as one without records: its number must not come again.
  void pass_over(Session& session, const SensorName& sensor, const Delivery& delivery) {
    commit_group();
    if (session.stalled) return;
    const Batch empty = stand_in(sensor, delivery);
    if (!commit(session, {&empty, 1})) return;
    ++totals_.batches_unreadable;
    if (options_.quarantine.keep({sensor, delivery.boot, delivery.sequence}, delivery.frame)) {
      ++totals_.batches_quarantined;
    }
    warn("sensor '" + std::string{sensor.view()} + "' sent a batch that cannot be read");
    send(session.routing_id, Refusal{session.boot, delivery.sequence, RefusalReason::unreadable});
  }

  // The batches of one sensor that came together: one transaction, and one acknowledgement.
  void commit_group() {
    if (group_.empty()) return;
    const std::vector<Batch> group = std::exchange(group_, {});
    Session& session = sessions_.find(group.front().id.sensor.view())->second;
    if (!commit(session, group)) return;
    for (const Batch& batch : group) totals_.records_committed += batch.records.size();
    send(session.routing_id, Acknowledgement{session.boot, session.committed, kCredit});
  }

  bool commit(Session& session, std::span<const Batch> batches) {
    if (!sink_.commit(batches)) {
      ++totals_.commits_failed;
      session.stalled = true;
      return false;
    }
    const std::uint64_t first = batches.front().id.sequence;
    if (first > session.committed + 1) {
      const std::uint64_t missing = first - session.committed - 1;
      totals_.batches_missing += missing;
      warn("sensor '" + std::string{batches.front().id.sensor.view()} + "' no longer has " +
           std::to_string(missing) + " batches that were not committed: they are lost");
    }
    session.committed = batches.back().id.sequence;
    session.expected = session.committed + 1;
    totals_.batches_committed += batches.size();
    return true;
  }

  // What cannot be sent is dropped: the sensor waits in vain and greets again.
  void send(const std::string& routing_id, const TransportMessage& message) {
    const std::vector<std::uint8_t> bytes = encode_message(message);
    if (!router_.send(zmq::buffer(routing_id),
                      zmq::send_flags::sndmore | zmq::send_flags::dontwait)) {
      return;
    }
    (void)router_.send(zmq::buffer(bytes), zmq::send_flags::dontwait);
  }

  void warn(const std::string& line) const {
    if (options_.warn) options_.warn(line);
  }

  ReceiverOptions options_;
  BatchSink sink_;
  Totals totals_{};
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> turns_ = 0;
  Wakeup wakeup_;
  zmq::context_t context_;
  ZapDoor door_;  // bound before the router, which asks it
  zmq::socket_t router_;
  ConnectionGuard guard_;
  std::map<std::string, Session, std::less<>> sessions_;  // by sensor: as many as are allowed
  std::map<std::string, Quota, std::less<>> quotas_;      // the same
  std::vector<Batch> group_;  // of one session, in order, not yet committed; at most kBurst
  std::mutex allowing_;
  std::optional<std::vector<AllowedSensor>> allowed_;  // not yet taken
  std::string endpoint_;
  std::thread thread_;
};

RecordReceiver::RecordReceiver(std::unique_ptr<Worker> worker) : worker_{std::move(worker)} {}
RecordReceiver::~RecordReceiver() = default;

Loaded<std::unique_ptr<RecordReceiver>> RecordReceiver::start(ReceiverOptions options,
                                                              BatchSink sink) {
  const auto complain = [](std::string what, std::string way_out) {
    return tl::unexpected{Complaint{"", 0, 0, std::move(what), std::move(way_out)}};
  };
  if (!is_curve_key(options.secret_key)) {
    return complain("the collector has no secret key", "make one with 'sekimori keys collector'");
  }
  const std::string endpoint = options.endpoint;
  try {
    auto worker = std::make_unique<Worker>(std::move(options), std::move(sink));
    return std::unique_ptr<RecordReceiver>{new RecordReceiver{std::move(worker)}};
  } catch (const zmq::error_t& error) {
    return complain("cannot listen on '" + endpoint + "': " + error.what(),
                    "give an address of this host and a free port, such as tcp://0.0.0.0:7355");
  }
}

void RecordReceiver::allow(std::vector<AllowedSensor> sensors) {
  worker_->allow(std::move(sensors));
}
const std::string& RecordReceiver::endpoint() const noexcept {
  return worker_->endpoint();
}
std::uint64_t RecordReceiver::turns() const noexcept {
  return worker_->turns();
}
ReceiverCounters RecordReceiver::counters() const {
  return worker_->counters();
}

}  // namespace sekimori
