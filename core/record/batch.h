#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/bytes/inline_text.h"
#include "core/record/loss_window.h"
#include "core/record/session_record.h"

namespace sekimori {

// Raised when an older reader would misread what a newer sensor sends. A reader refuses a higher
// one; fields that are merely new do not raise it (FlatBuffers tables grow at their end).
inline constexpr std::uint16_t kSchemaVersion = 1;

// Records in one batch: about 64 KiB before compression, where a frame's cost no longer shows.
inline constexpr std::size_t kBatchRecordLimit = 256;
// Counters in one batch: each way a frame can end, for every layer, with room to grow tenfold.
inline constexpr std::size_t kBatchCounterLimit = 512;

// What a sensor is called on the collector's allow-list: the name of its public key file.
using SensorName = InlineText<64>;

// A running total since the sensor started: "decode.tcp.truncated". Never falls within one boot.
struct Counter {
  InlineText<48> name;
  std::uint64_t value = 0;
};

// Whose batch it is and which of its series.
struct BatchId {
  SensorName sensor;
  std::uint64_t boot = 0;      // random, drawn when the series was begun
  std::uint64_t sequence = 0;  // from 1, without gaps within a boot
};

// Who speaks. Stands once in a batch; a record repeats only what differs.
struct Speaker {
  InlineText<64> observer;
  InlineText<16> observer_version;
  Vantage vantage = Vantage::edge;
  Path path = Path::undeclared;
};

// What the sensor sends, and the collector commits, at once. Records may be none: a batch of
// counters or losses alone, or one that stands for a batch that could not be read.
struct Batch {
  BatchId id;
  Speaker speaker;
  std::vector<Counter> counters;
  std::vector<SessionRecord> records;
  std::vector<LossWindow> losses;
};

}  // namespace sekimori
