#include "sensor/ship/publisher.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <zmq.hpp>

#include "core/net/wakeup.h"
#include "core/record/transport_message.h"
#include "sensor/ship/backlog.h"
#include "sensor/ship/batch_queue.h"
#include "sensor/ship/collector_socket.h"
#include "sensor/ship/publisher_totals.h"
#include "sensor/ship/return_probe.h"
#include "sensor/ship/spool_watch.h"

namespace sekimori {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

// An unanswered Hello is said again after this.
constexpr milliseconds kGreetingInterval = seconds{1};
// Two of them never follow each other faster: two sensors with one key send each other back to it.
constexpr milliseconds kGreetingPause{100};
// The operator must act before a refused Hello can be accepted.
constexpr milliseconds kRefusedInterval = seconds{10};
// A thread that has nothing to do still shows that it goes round.
constexpr milliseconds kLongestTurn = seconds{1};

}  // namespace

class Publisher::Worker {
 public:
  Worker(PublisherOptions options, std::unique_ptr<Spool> spool)
      : options_{std::move(options)},
        queue_{options_.when_full, options_.keep_waiting},
        backlog_{queue_, options_, std::move(spool)},
        outbox_{backlog_.outbox()},
        probe_{options_.return_interval, options_.failover_after},
        socket_{connect_to(options_.collectors.front(), options_.secret_key, context_)} {
    thread_ = std::thread{[this] { run(); }};
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    queue_.close();
    stop_.store(true);
    wakeup_.ring();
    thread_.join();
  }

  bool offer(const SessionRecord& record) {
    ++totals_.records_offered;
    const BatchQueue::Offered offered = queue_.offer(record);
    if (offered == BatchQueue::Offered::dropped) ++totals_.records_dropped;
    if (offered == BatchQueue::Offered::taken_and_due) wakeup_.ring();
    return offered != BatchQueue::Offered::dropped;
  }

  bool has_room() const { return queue_.has_room(); }
  std::uint64_t turns() const noexcept { return turns_.load(std::memory_order_relaxed); }

  void report(std::span<const Counter> counters) {
    queue_.report({counters.begin(), counters.end()});
    wakeup_.ring();
  }

  void lose(std::span<const LossWindow> windows) { queue_.lose(windows); }

  bool drain(milliseconds patience) {
    queue_.close();
    wakeup_.ring();
    std::unique_lock lock{drained_mutex_};
    const Clock::time_point end = Clock::now() + patience;
    while (!drained_ && Clock::now() < end && (!options_.keep_waiting || options_.keep_waiting())) {
      drained_changed_.wait_for(lock, kWaitTurn);
    }
    return drained_ && totals_.batches_refused == 0;
  }

  PublisherCounters counters() const {
    PublisherCounters counters = totals_.counters();
    counters.records_lost = backlog_.lost_records();
    if (backlog_.spool() != nullptr) counters.spool = backlog_.spool()->counters();
    return counters;
  }

 private:
  const CollectorAddress& collector() const noexcept { return options_.collectors[current_]; }

  void run() noexcept {
    block_signals();
    ::pthread_setname_np(::pthread_self(), "ship");
    while (!stop_.load()) {
      try {
        work();
      } catch (const zmq::error_t& error) {
        // Nothing here fails but for want of memory or descriptors.
        warn(std::string{"publisher: "} + error.what());
        std::this_thread::sleep_for(seconds{1});
      }
    }
    backlog_.collect(Clock::now());  // what is left goes to the spool
  }

  void work() {
    while (!stop_.load()) {
      turns_.fetch_add(1, std::memory_order_relaxed);
      wakeup_.clear();
      backlog_.collect(Clock::now());
      receive(Clock::now());
      backlog_.collect(Clock::now());  // there may be room again
      backlog_.turn();
      note_dropped();
      if (backlog_.spool() != nullptr) {
        spool_watch_.look(backlog_.spool()->counters(), Clock::now(), options_.warn);
      }
      if (backlog_.series_changed() && streaming_) greet(Clock::now());
      check_progress(Clock::now());
      choose_collector(Clock::now());
      const bool blocked = !send(Clock::now());
      note_drained();
      wait(blocked);
    }
  }

  // Records that found the queue full, as a loss of the time since the last look.
  void note_dropped() {
    const auto now =
        std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
    const std::uint64_t dropped = totals_.records_dropped;
    if (dropped > dropped_before_ && looked_ != Timestamp{}) {
      const LossWindow window{
          LossKind::records, std::min(looked_, now), now, dropped - dropped_before_, {}};
      queue_.lose({&window, 1});
    }
    dropped_before_ = dropped;
    looked_ = now;
  }

  // Until something happens or is due. `blocked`: there is something to send and no way to.
  void wait(bool blocked) {
    const auto events = static_cast<short>(blocked ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN);
    std::array<zmq::pollitem_t, 2> items{
        {{socket_.handle(), 0, events, 0}, {nullptr, wakeup_.descriptor(), ZMQ_POLLIN, 0}}};
    Clock::time_point due = backlog_.due();
    if (!streaming_ && !blocked) due = std::min(due, greeting_due_);
    if (!streaming_ && !silence_said_) due = std::min(due, silent_since_ + options_.silence_limit);
    if (streaming_ && outbox_.in_flight() > 0) {
      due = std::min(due, progress_ + options_.acknowledgement_timeout);
    }
    if (options_.collectors.size() > 1) {
      if (!streaming_ || !outbox_.empty()) {
        due = std::min(due, useful_ + options_.failover_after);
      }
      if (current_ != 0) due = std::min(due, probe_.due());
    }
    milliseconds patience{-1};
    if (due != Clock::time_point::max()) {
      // Rounded up, or the last fraction of a millisecond would be spun away.
      patience = std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(due - Clock::now()));
    }
    if (patience.count() < 0 || patience > kLongestTurn) patience = kLongestTurn;
    zmq::poll(items, patience);
  }

  void receive(Clock::time_point now) {
    zmq::message_t message;
    while (socket_.recv(message, zmq::recv_flags::dontwait)) {
      const auto parsed = parse_transport_message({message.data<std::uint8_t>(), message.size()});
      if (!parsed) {
        ++totals_.bad_messages;
      } else if (const Welcome* welcome = std::get_if<Welcome>(&*parsed)) {
        if (acknowledge(welcome->boot, welcome->committed, welcome->credit, now) && !streaming_) {
          streaming_ = true;
          outbox_.rewind();
          if (std::exchange(silence_said_, false)) {
            warn("collector " + collector().endpoint + " answers again");
          }
        }
      } else if (const auto* acknowledgement = std::get_if<Acknowledgement>(&*parsed)) {
        acknowledge(acknowledgement->boot, acknowledgement->committed, acknowledgement->credit,
                    now);
      } else if (const Refusal* refusal = std::get_if<Refusal>(&*parsed)) {
        refused(*refusal, now);
      } else {
        ++totals_.bad_messages;
      }
    }
  }

  bool acknowledge(std::uint64_t boot, std::uint64_t committed, std::size_t credit,
                   Clock::time_point now) {
    if (boot != outbox_.boot()) return false;  // of the series before: nothing of it is out
    const auto settled = backlog_.acknowledge(boot, committed);
    if (!settled) {
      ++totals_.bad_messages;
      return false;
    }
    totals_.batches_acknowledged += settled->batches;
    totals_.records_acknowledged += settled->records;
    credit_ = credit;
    progress_ = now;
    if (settled->batches > 0 || outbox_.empty()) useful_ = now;
    return true;
  }

  void refused(const Refusal& refusal, Clock::time_point now) {
    if (refusal.boot != outbox_.boot()) return;
    if (refusal.sequence == 0) {
      ++totals_.greetings_refused;
      greeting_due_ = now + kRefusedInterval;
      silent_since_ = now;
      warn_of(refusal.reason);
    } else if (refusal.reason == RefusalReason::hello_wanted) {
      if (streaming_) greet(now);
    } else if (refusal.reason == RefusalReason::unreadable) {
      // Passed over, so all before it are committed.
      if (!acknowledge(refusal.boot, refusal.sequence - 1, credit_, now)) return;
      const auto settled = backlog_.refuse(refusal.sequence);
      if (!settled) {
        ++totals_.bad_messages;
        return;
      }
      totals_.batches_refused += settled->batches;
      totals_.records_refused += settled->records;
      progress_ = now;
      warn_of(refusal.reason);
    } else {
      ++totals_.bad_messages;
    }
  }

  void greet(Clock::time_point now) {
    if (std::exchange(streaming_, false)) silent_since_ = now;
    greeting_due_ = std::max(now, greeted_ + kGreetingPause);
  }

  void check_progress(Clock::time_point now) {
    if (streaming_ && outbox_.in_flight() > 0 &&
        now - progress_ >= options_.acknowledgement_timeout) {
      greet(now);
    }
    if (streaming_ || silence_said_ || now - silent_since_ < options_.silence_limit) return;
    silence_said_ = true;
    warn("collector " + collector().endpoint +
         " does not answer: is it up, and does it know this sensor's key? Records wait for it");
  }

  // The next collector when this one takes nothing; back to the first when it answers again and
  // nothing is out that this one may have committed.
  void choose_collector(Clock::time_point now) {
    if (options_.collectors.size() < 2) return;
    // Not the moment after a Welcome, when nothing is out yet: one that only greets is of no use.
    if (streaming_ && outbox_.empty()) useful_ = now;
    if (now - useful_ >= options_.failover_after) {
      return go_to((current_ + 1) % options_.collectors.size(), now);
    }
    if (current_ == 0) return;
    returning_ = returning_ || probe_.look(now, options_.collectors.front(), options_.secret_key,
                                           context_, hello());
    if (returning_ && (!streaming_ || outbox_.in_flight() == 0)) go_to(0, now);
  }

  void go_to(std::size_t number, Clock::time_point now) {
    current_ = number;
    socket_ = connect_to(collector(), options_.secret_key, context_);
    ++totals_.failovers;
    totals_.collector = number;
    warn("records go to collector " + collector().endpoint + " from now on");
    streaming_ = returning_ = silence_said_ = false;
    silent_since_ = useful_ = greeting_due_ = now;
    outbox_.rewind();
    probe_.restart(now);
  }

  // False: the socket takes no more now.
  bool send(Clock::time_point now) {
    if (!streaming_) return now < greeting_due_ || send_greeting(now);
    if (returning_) return true;
    while (const auto next = outbox_.next(credit_)) {
      if (!send_message(Delivery{outbox_.boot(), next->sequence, next->frame})) return false;
      ++(next->again ? totals_.batches_sent_again : totals_.batches_sent);
      if (outbox_.in_flight() == 0) progress_ = now;
      outbox_.sent();
    }
    return true;
  }

  Hello hello() const {
    return {kTransportVersion, kSchemaVersion, outbox_.boot(), outbox_.oldest(), options_.sensor};
  }

  bool send_greeting(Clock::time_point now) {
    if (!send_message(hello())) return false;
    (void)backlog_.series_changed();  // it says so
    ++totals_.greetings;
    greeted_ = now;
    greeting_due_ = now + kGreetingInterval;
    return true;
  }

  bool send_message(const TransportMessage& message) {
    const std::vector<std::uint8_t> bytes = encode_message(message);
    return socket_.send(zmq::buffer(bytes), zmq::send_flags::dontwait).has_value();
  }

  void note_drained() {
    if (!queue_.closed() || !queue_.empty() || !backlog_.empty()) return;
    const std::lock_guard lock{drained_mutex_};
    drained_ = true;
    drained_changed_.notify_all();
  }

  void warn_of(RefusalReason reason) const {
    warn("collector " + collector().endpoint + " refuses: " + std::string{words_of(reason)});
  }
  void warn(const std::string& line) const {
    if (options_.warn) options_.warn(line);
  }

  PublisherOptions options_;
  PublisherTotals totals_{};
  BatchQueue queue_;
  Wakeup wakeup_;
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> turns_ = 0;
  std::mutex drained_mutex_;
  std::condition_variable drained_changed_;
  bool drained_ = false;

  // The thread's own from here on.
  zmq::context_t context_;
  std::size_t current_ = 0;  // of the collectors
  Backlog backlog_;
  Outbox& outbox_;
  ReturnProbe probe_;
  zmq::socket_t socket_;
  bool streaming_ = false;                         // welcomed; else a Hello is due or out
  Clock::time_point silent_since_ = Clock::now();  // while not welcomed
  bool silence_said_ = false;
  bool returning_ = false;                   // to the first collector: nothing more is sent
  Clock::time_point useful_ = Clock::now();  // this collector took something, or could have
  Clock::time_point greeting_due_{};
  Clock::time_point greeted_{};
  Clock::time_point progress_{};  // the last acknowledgement, or the first batch out
  std::size_t credit_ = 0;
  SpoolWatch spool_watch_;
  std::uint64_t dropped_before_ = 0;
  Timestamp looked_{};
  std::thread thread_;
};

Publisher::Publisher(std::unique_ptr<Worker> worker) : worker_{std::move(worker)} {}
Publisher::~Publisher() = default;

Loaded<std::unique_ptr<Publisher>> Publisher::start(PublisherOptions options,
                                                    std::unique_ptr<Spool> spool) {
  if (auto fault = fault_of(options)) return tl::unexpected{std::move(*fault)};
  auto worker = std::make_unique<Worker>(std::move(options), std::move(spool));
  return std::unique_ptr<Publisher>{new Publisher{std::move(worker)}};
}

bool Publisher::offer(const SessionRecord& record) {
  return worker_->offer(record);
}
bool Publisher::has_room() const {
  return worker_->has_room();
}
void Publisher::report(std::span<const Counter> counters) {
  worker_->report(counters);
}
void Publisher::lose(std::span<const LossWindow> windows) {
  worker_->lose(windows);
}
bool Publisher::drain(std::chrono::milliseconds patience) {
  return worker_->drain(patience);
}
std::uint64_t Publisher::turns() const noexcept {
  return worker_->turns();
}
PublisherCounters Publisher::counters() const {
  return worker_->counters();
}

}  // namespace sekimori
