#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/bytes/cursor.h"
#include "core/bytes/result.h"
#include "core/record/batch.h"

namespace sekimori {

// What a sensor and the collector say to each other: one ZeroMQ message part each, a kind byte and
// then these members in order, integers in network order.
//
//   sensor                                collector
//   Hello(name, boot, oldest, schema) ->
//                                      <- Welcome(boot, committed, credit)     or Refusal(boot, 0)
//   Delivery(boot, sequence, frame)   ->
//   Delivery(boot, sequence + 1, ...) ->
//                                      <- Acknowledgement(boot, committed, credit)
//
// `committed` is the last sequence up to which everything is kept. Whatever goes wrong, the sensor
// says Hello again and goes on from committed + 1.

inline constexpr std::uint8_t kTransportVersion = 1;
// A Delivery's frame is at most kFrameSizeLimit; this is what stands around it, and more.
inline constexpr std::size_t kMessageOverheadLimit = 1024;

// Of another version only that is read: the rest may have changed.
struct Hello {
  std::uint8_t version = kTransportVersion;
  std::uint16_t schema = kSchemaVersion;
  std::uint64_t boot = 0;
  std::uint64_t oldest = 1;  // the first sequence that the sensor can still send
  SensorName sensor;
};

struct Welcome {
  std::uint64_t boot = 0;
  std::uint64_t committed = 0;
  std::uint32_t credit = 0;  // batches that may be out at once
};

struct Delivery {
  std::uint64_t boot = 0;
  std::uint64_t sequence = 0;
  Bytes frame;  // a compressed batch, borrowed from the message
};

struct Acknowledgement {
  std::uint64_t boot = 0;
  std::uint64_t committed = 0;
  std::uint32_t credit = 0;
};

enum class RefusalReason : std::uint8_t {
  hello_wanted = 1,  // no Hello on this connection, or out of order: greet, then send again
  unreadable = 2,    // this sequence could not be read; it is passed over and counts as committed
  wrong_name = 3,    // the key belongs to a sensor of another name
  version = 4,       // this transport version or schema is not spoken here
};

struct Refusal {
  std::uint64_t boot = 0;
  std::uint64_t sequence = 0;  // 0: the Hello
  RefusalReason reason = RefusalReason::hello_wanted;
};

using TransportMessage = std::variant<Hello, Welcome, Delivery, Acknowledgement, Refusal>;

std::vector<std::uint8_t> encode_message(const TransportMessage& message);

// unsupported: a kind or a reason not known here.
Result<TransportMessage> parse_transport_message(Bytes message) noexcept;

}  // namespace sekimori
