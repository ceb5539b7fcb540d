#include "sensor/running.h"

#include <unistd.h>

#include <chrono>
#include <mutex>

#include "sensor/capture/file_source.h"
#include "sensor/clock_step.h"
#include "sensor/log.h"

namespace sekimori {
namespace {

// Between two looks at the interfaces, the totals and the signals of a live capture.
constexpr std::chrono::milliseconds kWatchTime{100};

// Between two lines of status.
constexpr std::chrono::seconds kStatusTime{5};

Timestamp clock_now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

std::string status_of(const PacketTotals& packets, const PublisherCounters& sent) {
  std::uint64_t drops = 0;
  for (const InterfaceCounters& one : packets.interfaces) drops += one.drops();
  const std::uint64_t lost = sent.records_dropped + sent.records_refused + sent.records_lost +
                             (sent.spool ? sent.spool->lost_records : 0);
  const std::uint64_t settled = sent.records_acknowledged + lost;
  const std::uint64_t waiting = sent.records_offered > settled ? sent.records_offered - settled : 0;
  return std::to_string(packets.frames.frames) + " frames, " + std::to_string(drops) +
         " dropped; " + std::to_string(packets.shards.open) + " sessions open; " +
         std::to_string(sent.records_acknowledged) + " records acknowledged, " +
         std::to_string(waiting) + " wait, " + std::to_string(lost) + " lost";
}

}  // namespace

Outcome run_live(LiveRun& live, const FinisherFactory& finishers, Publisher& publisher,
                 const RunControl& control) {
  std::mutex offering;  // or the room that one worker sees, another takes
  live.start(finishers, [&](std::span<const SessionRecord> records, Offer how) {
    const std::lock_guard lock{offering};
    std::size_t taken = 0;
    while (taken < records.size() && (how == Offer::anyway || publisher.has_room())) {
      publisher.offer(records[taken++]);
    }
    return taken;
  });
  control.running();
  ClockStep clock;
  std::uint64_t shipped = 0;  // the publisher's turns when it was last seen to move
  std::chrono::steady_clock::time_point status_at{};
  while (!control.stopped()) {
    for (const std::string& line : live.watch()) say(kWarning, line);
    std::vector<LossWindow> losses = live.take_losses();
    if (const auto step = clock.look(clock_now(), std::chrono::steady_clock::now())) {
      losses.push_back(*step);
      say(kWarning, "the clock was set by " + std::to_string(step->count / 1000) + " ms");
    }
    publisher.lose(losses);
    const std::uint64_t turns = publisher.turns();
    if (turns != shipped && live.moved()) {
      shipped = turns;
      control.notify.alive();
    }
    if (std::chrono::steady_clock::now() >= status_at) {
      status_at = std::chrono::steady_clock::now() + kStatusTime;
      control.notify.status(status_of(packet_totals(live.counters()), publisher.counters()));
    }
    ::usleep(std::chrono::microseconds{kWatchTime}.count());  // which a signal ends
  }
  live.stop([&] { return !control.keeps_waiting(); });
  return {true, packet_totals(live.counters())};
}

Outcome run_files(const SensorConfig& config, const FinisherFactory& finishers,
                  Publisher& publisher, const std::vector<std::string>& captures,
                  ReadingProgress& progress, const RunControl& control) {
  FileRun file_run{config.run, finishers,
                   [&](std::span<const SessionRecord* const> records, Timestamp) {
                     for (const SessionRecord* record : records) publisher.offer(*record);
                     return true;
                   }};
  control.running();
  Outcome outcome;
  for (const std::string& path : captures) {
    if (control.stopped()) break;
    auto source = FileSource::open(path);
    if (!source) {
      if (control.stopped()) break;
      say(kError, source.error().text());
      outcome.readable = false;
      continue;
    }
    const bool whole = file_run.read(**source, [&] {
      progress.tell(packet_totals(file_run.totals_so_far()));
      return !control.stopped();
    });
    // Reading was cut short on purpose: that says nothing about the capture.
    if (!whole || control.stopped()) break;
    if (!(*source)->complaint().what.empty()) {
      say(kError, (*source)->complaint().text());
      outcome.readable = false;
    }
  }
  file_run.finish();
  outcome.packets = packet_totals(file_run.totals());
  progress.tell(outcome.packets);
  return outcome;
}

}  // namespace sekimori
