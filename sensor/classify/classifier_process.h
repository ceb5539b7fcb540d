#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/text/complaint.h"
#include "sensor/classify/exchange.h"

namespace sekimori {

// Names one flow. It may crash and hang: it lives in a process of its own.
using Dissector = std::function<FlowNames(const FlowRequest&)>;
// Called once, in that process. An empty Dissector: it cannot work at all.
using DissectorMaker = std::function<Dissector()>;

struct ClassifierLimits {
  // Of a classifier's processor time for one batch, whatever else the machine does.
  std::chrono::milliseconds processor_time{200};
  // Until an answer; longer only where a process is stopped or starved.
  std::chrono::milliseconds patience{30'000};
  std::uint64_t memory = std::uint64_t{64} << 20U;  // bytes of address space beyond the library's
  // After 60 crashes within a minute, or three hangs, a second passes before each new process. Not
  // for a replay, whose answer must not depend on the clock.
  bool backs_off = false;
  // Requests a second and worker, for a sensor that must rather follow sessions than name them all;
  // 0: as many as there are.
  std::uint32_t most_per_second = 0;
};

// What became of the flows that the classifier was asked about: asked = answered + lost + skipped.
struct ClassifierCounters {
  std::uint64_t asked = 0;
  std::uint64_t answered = 0;
  std::uint64_t named = 0;    // of the answered
  std::uint64_t lost = 0;     // it crashed or hung over them, or was killed
  std::uint64_t skipped = 0;  // it was not there, or too many came at once
  std::uint64_t crashes = 0;  // of processes
  std::uint64_t hangs = 0;
};

// "120 sessions asked about, 80 named, ...": for the log.
std::string describe(const ClassifierCounters& counters);

enum class Gravity : std::uint8_t { warning, error };

// The sensor's end of its classifiers: one supervisor, forked at start, and its children, one for
// each shard, forked by it whenever one is wanted. All of them without privileges, without files,
// without network, with a bounded memory and a short list of system calls; the children's is
// shorter.
//
// Why a supervisor: the sensor may not fork any more once it is confined, and a process with
// threads and a secret key in its memory should not be copied at all. The supervisor reads no
// captured byte. What it set up once (nDPI takes 50 ms) each child has at once, as it was at first.
class ClassifierProcess {
 public:
  using Tell = std::function<void(Gravity, const std::string&)>;  // on any thread

  // To be called while there is one thread, before anything is read and before secrets are.
  static Loaded<std::unique_ptr<ClassifierProcess>> start(const DissectorMaker& make,
                                                          const ClassifierLimits& limits,
                                                          Tell tell);
  ~ClassifierProcess();  // ends them all
  ClassifierProcess(const ClassifierProcess&) = delete;
  ClassifierProcess& operator=(const ClassifierProcess&) = delete;

  // The rest is for Classifier, on any thread.

  // A socket to a fresh classifier number `number`; the one of before is ended. -1: not now.
  int open(std::uint16_t number);
  // Why a classifier is asked for again.
  enum class Failure : std::uint8_t { died, hung };
  void note_failure(std::uint16_t number, Failure failure);
  void count(const ClassifierCounters& more) noexcept;

  ClassifierCounters counters() const noexcept;
  const ClassifierLimits& limits() const noexcept { return limits_; }

 private:
  using Clock = std::chrono::steady_clock;
  ClassifierProcess(int control, pid_t supervisor, const ClassifierLimits& limits, Tell tell);
  void tell_failure(int status);
  void slow_down();  // when failures cost too much

  int control_;
  pid_t supervisor_;
  ClassifierLimits limits_;
  Tell tell_;
  std::mutex mutex_;  // of what follows, but for the counters
  std::deque<std::pair<Clock::time_point, Failure>> failures_;  // of the last minute
  std::map<std::uint16_t, Failure> noted_;  // by classifier, until its successor is asked for
  Clock::time_point not_before_;
  Clock::time_point error_told_;
  bool gone_ = false;  // the supervisor is
  struct Counters {
    std::atomic<std::uint64_t> asked{0}, answered{0}, named{0}, lost{0}, skipped{0}, crashes{0},
        hangs{0};
  } counters_;
};

}  // namespace sekimori
