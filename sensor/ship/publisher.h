#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/net/curve_key.h"
#include "core/record/batch.h"
#include "core/record/session_record.h"
#include "core/text/complaint.h"
#include "sensor/spool/spool.h"

namespace sekimori {

// Records that wait to be put into a batch: 16 batches, 12 MiB. Live capture fills it in a second
// when the collector is away and the window is full.
inline constexpr std::size_t kPublisherQueueLimit = 16 * kBatchRecordLimit;
// Between two times that a waiting thread asks whether to wait on.
inline constexpr std::chrono::milliseconds kWaitTurn{100};
// Batches kept in memory until they are acknowledged: 64 of some 24 KiB, at worst 0.75 MiB each.
// When that many are out, batches wait in the spool, or without one records in the queue.
inline constexpr std::size_t kUnacknowledgedLimit = 64;

// What offer() does when the queue is full. Live capture drops and counts: it may never wait.
// A file waits and never drops.
enum class WhenFull : std::uint8_t { drop, wait };

struct CollectorAddress {
  std::string endpoint;  // "tcp://collector.example:7355"
  CurveKey key;          // public
};

struct PublisherOptions {
  std::vector<CollectorAddress> collectors;  // at least one; the first is preferred
  CurveKey secret_key;                       // the sensor's own
  SensorName sensor;                         // as the collector's allow-list calls that key
  std::uint64_t boot = 0;  // drawn at random for each Publisher: its batches are counted from 1
  Speaker speaker;
  WhenFull when_full = WhenFull::drop;
  // Asked some ten times a second on each thread that waits in offer() or drain(); false ends the
  // wait, as for want of patience. May be empty.
  std::function<bool()> keep_waiting;
  // A batch leaves when it is full or its first record is this old.
  std::chrono::milliseconds batch_age{200};
  // Nothing acknowledged for this long with batches out: greet anew and send them again.
  std::chrono::milliseconds acknowledgement_timeout{3000};
  // No answer from the collector for this long: said once, and once more when it answers again.
  std::chrono::milliseconds silence_limit{10'000};
  // A collector that takes nothing for this long is left for the next in the list, if there is one;
  // the first is asked again so often.
  std::chrono::milliseconds failover_after{15'000};
  std::chrono::milliseconds return_interval{60'000};
  // What the operator must know (refused by the collector, a batch lost), one line each; called on
  // the publisher's thread. May be empty.
  std::function<void(const std::string& line)> warn;
};

// Running totals. offered = dropped + records in the queue, in batches out, acknowledged or
// refused.
struct PublisherCounters {
  std::uint64_t records_offered = 0;
  std::uint64_t records_dropped = 0;  // queue full, or offered after drain()
  std::uint64_t records_acknowledged = 0;
  std::uint64_t records_refused = 0;  // in batches that the collector could not read
  std::uint64_t batches_sent = 0;     // each once, however often it is sent
  std::uint64_t batches_sent_again = 0;
  std::uint64_t batches_acknowledged = 0;
  std::uint64_t batches_refused = 0;
  std::uint64_t greetings = 0;          // HELLO sent
  std::uint64_t greetings_refused = 0;  // by the collector, which says why
  std::uint64_t bad_messages = 0;       // from the collector, that could not be read
  std::uint64_t failovers = 0;          // to another collector, and back
  std::size_t collector = 0;            // which of the list serves
  std::uint64_t records_lost = 0;       // the spool took nothing and memory was full
  std::optional<SpoolCounters> spool;
};

// Carries session records to the collector (DESIGN.md, section 8). One thread of its own owns the
// ZeroMQ socket; every member may be called from any thread. Each batch is kept until the collector
// has acknowledged it, and sent again after a lost connection: nothing is lost while the sensor
// lives, or with a spool while its disk does, and nothing doubled.
class Publisher {
 public:
  // Starts the thread; does not wait for a connection. Complains of what can never connect: a bad
  // endpoint, a bad key. `spool` was recovered for the same boot; none: batches are kept in memory.
  static Loaded<std::unique_ptr<Publisher>> start(PublisherOptions options,
                                                  std::unique_ptr<Spool> spool = nullptr);

  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;
  ~Publisher();  // stops at once; without a spool, what was not acknowledged is forgotten

  // Takes a copy. False: dropped, and counted. With WhenFull::wait it returns once there is room
  // or `keep_waiting` says no.
  bool offer(const SessionRecord& record);

  // Whether offer() would take a record now. It holds until another thread offers one.
  bool has_room() const;

  // The sensor's totals, sent with the next batch, which leaves soon even when it has no records.
  void report(std::span<const Counter> counters);

  // What was lost, sent with the next batch.
  void lose(std::span<const LossWindow> windows);

  // Takes no more records, sends what is left and waits. True: everything was acknowledged.
  // False: `patience` ran out, `keep_waiting` said no, or a batch was refused.
  bool drain(std::chrono::milliseconds patience);

  PublisherCounters counters() const;
  // Grows for as long as its thread goes round, once a second at least.
  std::uint64_t turns() const noexcept;

 private:
  class Worker;
  explicit Publisher(std::unique_ptr<Worker> worker);
  std::unique_ptr<Worker> worker_;
};

}  // namespace sekimori
