#pragma once

#include <functional>
#include <memory>
#include <span>

#include "sensor/capture/packet_source.h"
#include "sensor/counters.h"
#include "sensor/shard.h"

namespace sekimori {

struct RunSettings {
  FlowSettings flow;
  std::size_t workers = 1;  // threads that track flows, 1 to kPartitions; never changes an answer
};

// Records in the order of packet time, and the packet time up to which all have been given. The
// span may be empty; it is valid during the call. Returning false stops the run.
using RecordSink =
    std::function<bool(std::span<const SessionRecord* const> records, Timestamp now)>;

struct RunTotals {
  FrameCounters frames;
  ShardTotals shards;
  std::uint64_t frames_far_behind = 0;  // PacketClock::far_behind
};

// Takes frames from sources, one source after the other, and gives records to a sink, the same ones
// in the same order for any number of workers.
class FileRun {
 public:
  FileRun(RunSettings settings, const FinisherFactory& finishers, RecordSink sink);
  ~FileRun();
  FileRun(const FileRun&) = delete;
  FileRun& operator=(const FileRun&) = delete;

  // Every frame of `source`; `between` is called now and then on this thread (progress, signals)
  // and stops the run by returning false. Flows stay open for the next source. False: stopped
  // early.
  bool read(PacketSource& source, const std::function<bool()>& between);

  // Ends every flow. To be called once, after the last source.
  void finish();

  RunTotals totals() const noexcept;  // complete after finish()
  // For the thread that reads, meanwhile: without the sessions of other workers' threads.
  RunTotals totals_so_far() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sekimori
