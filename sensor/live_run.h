#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/record/loss_window.h"
#include "sensor/capture/live_source.h"
#include "sensor/counters.h"
#include "sensor/file_run.h"
#include "sensor/live_tracker.h"

namespace sekimori {

// The totals of a live capture: for the log, the last report and whoever measures.
struct LiveCounters {
  FrameCounters frames;  // frames = tracked + defects; of the tracked, queue_drops were lost
  ShardTotals shards;
  std::vector<InterfaceCounters> interfaces;
};

// Captures from interfaces: open, then (confined) start, then stop. `workers` threads read, each
// one handle of every interface, and as many track flows, each a share of the partitions.
//
// Not one thread for both: the kernel deals packets to handles by their outer addresses, so what
// comes in a tunnel must be dealt again by its inner ones; both sides of a session may come by two
// interfaces; and a ring that is read at once, whatever tracking costs, drops last.
class LiveRun {
 public:
  // Opens every handle; needs the privilege to. Complains of the first that fails.
  static Loaded<std::unique_ptr<LiveRun>> open(RunSettings run, CaptureSettings capture);
  ~LiveRun();  // as stop(), in a hurry
  LiveRun(const LiveRun&) = delete;
  LiveRun& operator=(const LiveRun&) = delete;

  // From here on frames are read.
  void start(const FinisherFactory& finishers, LiveSink sink);

  // To be called a few times a second on one thread: looks whether the interfaces are up, counts
  // the time in which they are not, and yields what the operator should know.
  std::vector<std::string> watch();

  // What was lost since the last call: frames by the second and interface, and the times in which
  // an interface was away. To be called on watch's thread.
  std::vector<LossWindow> take_losses();

  // Whether every thread has gone round since it was last said. For one thread.
  bool moved();

  // At most a second old while running, exact after stop().
  LiveCounters counters() const;

  // Reads what is in the rings, then ends every flow; soon, when `hurry` (asked on any thread)
  // says so.
  void stop(const std::function<bool()>& hurry);

 private:
  struct State;
  explicit LiveRun(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// "eth0: 12 frames received, 3 dropped by the kernel, ...": one interface in the log.
std::string describe(const InterfaceCounters& interface);

}  // namespace sekimori
