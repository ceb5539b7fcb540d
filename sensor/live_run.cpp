#include "sensor/live_run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>

#include "sensor/live_reader.h"

namespace sekimori {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Between two looks for frames that were lost, and lines about them while more are.
constexpr seconds kDropInterval{1};

Timestamp clock_now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

}  // namespace

struct LiveRun::State {
  RunSettings settings;
  CaptureSettings capture;
  std::deque<FanoutGroup> groups;  // one for each interface
  std::vector<std::unique_ptr<LiveReader>> readers;
  LiveSink sink;
  std::vector<std::unique_ptr<LiveTracker>> trackers;
  bool stopped = false;

  // The watch's own.
  struct Watched {
    InterfaceWatch::Answer state = InterfaceWatch::Answer::up;
    Clock::time_point since;
    std::uint64_t drops = 0;     // when a line was last said about them
    InterfaceCounters reported;  // as losses
  };
  InterfaceWatch interface_watch;
  std::vector<std::uint64_t> turns;  // of the readers, then of the trackers, when all had moved
  std::vector<Watched> watched;
  std::vector<std::atomic<std::uint64_t>> missed_ms;
  Clock::time_point last_watch = Clock::now();
  Clock::time_point last_drop_line = Clock::now();
  std::vector<LossWindow> losses;

  void look_for_losses(const LiveCounters& totals);

  void watch_one(std::size_t number, milliseconds elapsed, std::vector<std::string>& lines);
};

LiveRun::LiveRun(std::unique_ptr<State> state) : state_{std::move(state)} {}

LiveRun::~LiveRun() {
  stop([] { return true; });
}

Loaded<std::unique_ptr<LiveRun>> LiveRun::open(RunSettings run, CaptureSettings capture) {
  auto state = std::make_unique<State>();
  state->settings = std::move(run);
  state->capture = std::move(capture);
  const std::size_t workers = std::clamp<std::size_t>(state->settings.workers, 1, kPartitions);
  const std::vector<std::string>& names = state->capture.interfaces;
  for (std::size_t worker = 0; worker < workers; ++worker) {
    state->readers.push_back(std::make_unique<LiveReader>(state->settings.flow));
  }
  state->missed_ms = std::vector<std::atomic<std::uint64_t>>(names.size());
  state->watched.resize(names.size());
  std::size_t number = 0;
  for (const std::string& name : names) {
    FanoutGroup& group = state->groups.emplace_back();
    for (std::size_t worker = 0; worker < workers; ++worker) {
      auto source = std::make_unique<LiveSource>(name, state->capture, group, worker, workers);
      if (auto opened = source->open(); !opened) return tl::unexpected{opened.error()};
      state->readers[worker]->add(number++, std::move(source));
    }
  }
  return std::unique_ptr<LiveRun>{new LiveRun{std::move(state)}};
}

void LiveRun::start(const FinisherFactory& finishers, LiveSink sink) {
  State& state = *state_;
  state.sink = std::move(sink);
  std::vector<const Lane*> lanes;
  for (const auto& reader : state.readers) {
    for (const auto& lane : reader->lanes()) lanes.push_back(lane.get());
  }
  std::sort(lanes.begin(), lanes.end(),
            [](const Lane* left, const Lane* right) { return left->number < right->number; });
  const std::size_t workers = state.readers.size();
  std::vector<LiveQueue*> queues;
  for (std::size_t number = 0; number < workers; ++number) {
    auto shard = std::make_unique<Shard>(number, workers, state.settings.flow, finishers());
    state.trackers.push_back(std::make_unique<LiveTracker>(std::move(shard), lanes, state.sink));
    queues.push_back(&state.trackers.back()->queue());
  }
  for (const auto& tracker : state.trackers) tracker->start();
  for (const auto& reader : state.readers) reader->start(queues);
}

void LiveRun::stop(const std::function<bool()>& hurry) {
  State& state = *state_;
  if (std::exchange(state.stopped, true)) return;
  for (const auto& reader : state.readers) reader->ask_to_stop();
  for (const auto& reader : state.readers) reader->stop();
  for (const auto& tracker : state.trackers) tracker->ask_to_stop(hurry);
  for (const auto& tracker : state.trackers) tracker->join();
}

bool LiveRun::moved() {
  State& state = *state_;
  std::vector<std::uint64_t> now;
  for (const auto& reader : state.readers) now.push_back(reader->turns());
  for (const auto& tracker : state.trackers) now.push_back(tracker->turns());
  state.turns.resize(now.size());
  for (std::size_t at = 0; at < now.size(); ++at) {
    if (now[at] == state.turns[at]) return false;
  }
  state.turns = std::move(now);
  return true;
}

LiveCounters LiveRun::counters() const {
  LiveCounters all;
  for (std::size_t number = 0; number < state_->watched.size(); ++number) {
    InterfaceCounters& sum = all.interfaces.emplace_back();
    sum.name = state_->capture.interfaces[number];
    sum.missed_ms = state_->missed_ms[number];
  }
  for (const auto& reader : state_->readers) {
    all.frames += reader->frames();
    const std::vector<InterfaceCounters> own = reader->interfaces();
    for (std::size_t number = 0; number < own.size(); ++number)
      all.interfaces[number] += own[number];
  }
  for (const auto& tracker : state_->trackers) all.shards += tracker->totals();
  return all;
}

std::vector<std::string> LiveRun::watch() {
  State& state = *state_;
  std::vector<std::string> lines;
  const Clock::time_point now = Clock::now();
  const auto elapsed = std::chrono::duration_cast<milliseconds>(now - state.last_watch);
  state.last_watch = now;
  for (std::size_t number = 0; number < state.watched.size(); ++number) {
    state.watch_one(number, elapsed, lines);
  }
  if (now - state.last_drop_line < kDropInterval) return lines;
  state.last_drop_line = now;
  const LiveCounters totals = counters();
  state.look_for_losses(totals);
  for (std::size_t number = 0; number < state.watched.size(); ++number) {
    const InterfaceCounters& interface = totals.interfaces[number];
    if (interface.drops() == state.watched[number].drops) continue;
    state.watched[number].drops = interface.drops();
    lines.push_back("frames are lost: " + describe(interface));
  }
  return lines;
}

// The counters are at most a second old, so what is new in them was lost within two.
void LiveRun::State::look_for_losses(const LiveCounters& totals) {
  const Timestamp now = clock_now();
  for (std::size_t number = 0; number < watched.size(); ++number) {
    const InterfaceCounters& interface = totals.interfaces[number];
    InterfaceCounters& before = watched[number].reported;
    const auto note = [&](LossKind kind, std::uint64_t InterfaceCounters::*drops) {
      if (interface.*drops <= before.*drops) return;
      add_loss(losses, {kind, now - 2 * kDropInterval, now, interface.*drops - before.*drops,
                        std::string_view{interface.name}});
    };
    note(LossKind::kernel, &InterfaceCounters::kernel_drops);
    note(LossKind::interface, &InterfaceCounters::interface_drops);
    note(LossKind::sensor, &InterfaceCounters::queue_drops);
    before = interface;
  }
}

std::vector<LossWindow> LiveRun::take_losses() {
  return std::exchange(state_->losses, {});
}

void LiveRun::State::watch_one(std::size_t number, milliseconds elapsed,
                               std::vector<std::string>& lines) {
  const std::string& name = capture.interfaces[number];
  InterfaceWatch::Answer now = interface_watch.ask(name);
  for (const auto& reader : readers) {
    if (!reader->lanes()[number]->open) now = InterfaceWatch::Answer::missing;
  }
  Watched& before = watched[number];
  const bool was_up = before.state == InterfaceWatch::Answer::up;
  if (!was_up) missed_ms[number] += static_cast<std::uint64_t>(elapsed.count());
  if (now == before.state) return;
  const auto passed = std::chrono::duration_cast<milliseconds>(Clock::now() - before.since);
  if (now == InterfaceWatch::Answer::up) {
    add_loss(losses,
             {LossKind::away, clock_now() - passed, clock_now(), 0, std::string_view{name}});
    lines.push_back("interface '" + name + "' is back; not captured for " +
                    std::to_string(passed.count()) + " ms");
  } else if (was_up) {
    before.since = Clock::now();
    lines.push_back("interface '" + name +
                    (now == InterfaceWatch::Answer::down ? "' went down" : "' is gone") +
                    "; sessions are kept, and it is captured again once it is back");
  }
  before.state = now;
}

std::string describe(const InterfaceCounters& interface) {
  return interface.name + ": " + std::to_string(interface.received) + " frames received, " +
         std::to_string(interface.kernel_drops) + " dropped by the kernel, " +
         std::to_string(interface.interface_drops) + " by the interface, " +
         std::to_string(interface.queue_drops) + " by the sensor, " +
         std::to_string(interface.missed_ms / 1000) + " s not captured";
}

}  // namespace sekimori
