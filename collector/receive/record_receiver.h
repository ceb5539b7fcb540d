#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/receive/quarantine.h"
#include "core/net/curve_key.h"
#include "core/record/batch.h"
#include "core/text/complaint.h"

namespace sekimori {

struct ReceiverOptions {
  std::string endpoint;  // "tcp://0.0.0.0:7355"; port * or 0: any free one, see endpoint()
  CurveKey secret_key;   // the collector's own
  std::vector<AllowedSensor> sensors;
  // A connection that has not proved its key by then is closed.
  std::chrono::milliseconds handshake_limit{2000};
  std::size_t connections_per_address = 64;  // at one time; more are closed
  // Records a second of each sensor, on the average of a minute; above it a sensor waits and keeps
  // them. 0: no limit.
  std::uint64_t quota = 200'000;
  Quarantine quarantine;  // of batches that cannot be read
  // What the operator must know (a batch that cannot be read, two sensors with one key), one line
  // each; called on the receiver's thread. May be empty.
  std::function<void(const std::string& line)> warn;
};

// What keeps the batches: the store. Both are called on the receiver's thread, one at a time, and
// must not throw.
struct BatchSink {
  // The last sequence committed of that sensor's boot; 0: none. Nothing: it cannot be said now, and
  // the sensor asks again. Asked when a sensor greets, so that the number outlives this program.
  std::function<std::optional<std::uint64_t>(const SensorName& sensor, std::uint64_t boot)>
      committed;
  // Keeps batches of one sensor's boot and their sequences (batch.id) in one transaction, all or
  // none. True: they are kept, and are acknowledged. False: they could not be kept now; the sensor
  // sends them again after a while.
  // Called in order of sequence without a gap or a repetition, but for batches that the sensor no
  // longer has: then the sequence jumps forward before the first of a call. A batch that could not
  // be read comes alone, as one without records whose one counter is kUnreadableBatches, so that
  // its number is committed too.
  std::function<bool(std::span<const Batch> batches)> commit;
};

inline constexpr std::string_view kUnreadableBatches = "receive.unreadable_batches";

// Running totals.
struct ReceiverCounters {
  std::uint64_t batches_committed = 0;
  std::uint64_t records_committed = 0;
  std::uint64_t batches_repeated = 0;      // already committed: acknowledged, not handed on
  std::uint64_t batches_out_of_order = 0;  // past the next sequence: refused, the sensor goes back
  std::uint64_t batches_unreadable = 0;    // told to the sensor, committed without records
  std::uint64_t batches_missing = 0;       // the sensor no longer has them: lost for good
  std::uint64_t commits_failed = 0;
  std::uint64_t greetings = 0;           // HELLO accepted
  std::uint64_t greetings_refused = 0;   // wrong name for its key, newer schema or protocol
  std::uint64_t keys_refused = 0;        // not on the allow-list
  std::uint64_t connections_ended = 0;   // of an address that held too many
  std::uint64_t batches_over_quota = 0;  // not taken now: the sensor keeps them
  std::uint64_t batches_quarantined = 0;
  std::uint64_t bad_messages = 0;  // from an allowed sensor, that could not be read
};

// Takes session records from sensors (DESIGN.md, section 8). One thread of its own owns the ZeroMQ
// sockets. Only sensors whose public key is on the list get through the handshake; what a sensor is
// called comes from that list and never from its messages.
class RecordReceiver {
 public:
  // Binds and starts the thread. Complains of an endpoint that cannot be bound or a bad key.
  static Loaded<std::unique_ptr<RecordReceiver>> start(ReceiverOptions options, BatchSink sink);

  RecordReceiver(const RecordReceiver&) = delete;
  RecordReceiver& operator=(const RecordReceiver&) = delete;
  ~RecordReceiver();  // after the batch that is being committed; sensors keep what is not
                      // acknowledged

  // From now on these keys and no others, without a connection lost: what a key that is no longer
  // on the list says is not heard. Two keys of one name are one sensor, which may have either.
  void allow(std::vector<AllowedSensor> sensors);

  const std::string& endpoint() const noexcept;  // as bound, with its port
  ReceiverCounters counters() const;
  // Grows for as long as its thread goes round, once a second at least.
  std::uint64_t turns() const noexcept;

 private:
  class Worker;
  explicit RecordReceiver(std::unique_ptr<Worker> worker);
  std::unique_ptr<Worker> worker_;
};

}  // namespace sekimori
