#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>

#include "sensor/capture/file_source.h"
#include "sensor/config.h"
#include "sensor/finisher.h"
#include "sensor/ship/publisher.h"

// Five states, never backwards: configure, open, run, drain, report. Confinement comes between open
// and run, and with live capture.
namespace sekimori {
namespace {

enum ExitCode : int { kDone = 0, kUsage = 1, kUnreadable = 2, kNotShipped = 3 };

// How long an ending sensor waits for the collector's last acknowledgement.
constexpr std::chrono::seconds kDrainPatience{30};
// The same from a first SIGTERM on, below the unit's TimeoutStopSec; a second one ends the wait.
constexpr std::chrono::seconds kStopPatience{20};

volatile std::sig_atomic_t g_stops = 0;  // SIGINT or SIGTERM so far

// The journal reads a syslog priority in angle brackets before the text.
void say(int priority, const std::string& line) {
  static const bool to_journal = std::getenv("JOURNAL_STREAM") != nullptr;
  std::cerr << (to_journal ? "<" + std::to_string(priority) + ">"
                           : std::string{"sekimori-sensor: "})
            << line << '\n';
}
constexpr int kError = 3;
constexpr int kWarning = 4;
constexpr int kInfo = 6;

int refuse(const std::vector<Complaint>& complaints) {
  for (const Complaint& complaint : complaints) say(kError, complaint.text());
  return kUsage;
}

// Whether to wait on for a collector that takes nothing. On one thread, the one that reads.
bool keeps_waiting() {
  static std::optional<std::chrono::steady_clock::time_point> end;
  if (g_stops == 0) return true;
  const auto now = std::chrono::steady_clock::now();
  if (!end) end = now + kStopPatience;
  return g_stops == 1 && now < *end;
}

Loaded<PublisherOptions> publisher_options(const SensorConfig& config) {
  const ShipConfig& ship = config.ship;
  auto collector_key = read_public_key(ship.collector_key);
  if (!collector_key) return tl::unexpected{collector_key.error()};
  auto secret_key = read_secret_key(ship.key);
  if (!secret_key) return tl::unexpected{secret_key.error()};
  PublisherOptions options;
  options.endpoint = ship.collector;
  options.collector_key = *collector_key;
  options.secret_key = *secret_key;
  options.sensor = SensorName{config.run.flow.observer.view()};
  options.boot = (std::uint64_t{std::random_device{}()} << 32U) | std::random_device{}();
  options.speaker.observer = config.run.flow.observer;
  options.speaker.observer_version.assign(SEKIMORI_VERSION);
  options.speaker.vantage = config.run.flow.vantage;
  options.speaker.path = config.run.flow.path;
  options.when_full = WhenFull::wait;
  options.keep_waiting = keeps_waiting;
  options.warn = [](const std::string& line) { say(kWarning, line); };
  return options;
}

struct Outcome {
  bool readable = true;
  RunTotals totals;
};

Outcome run(const SensorConfig& config, const FinisherFactory& finishers, Publisher& publisher,
            const std::vector<std::string>& captures) {
  FileRun file_run{config.run, finishers,
                   [&](std::span<const SessionRecord* const> records, Timestamp) {
                     for (const SessionRecord* record : records) publisher.offer(*record);
                     return true;
                   }};
  Outcome outcome;
  for (const std::string& path : captures) {
    if (g_stops != 0) break;
    auto source = FileSource::open(path);
    if (!source) {
      if (g_stops != 0) break;
      say(kError, source.error().text());
      outcome.readable = false;
      continue;
    }
    const bool whole = file_run.read(**source, [] { return g_stops == 0; });
    // Reading was cut short on purpose: that says nothing about the capture.
    if (!whole || g_stops != 0) break;
    if (!(*source)->complaint().what.empty()) {
      say(kError, (*source)->complaint().text());
      outcome.readable = false;
    }
  }
  file_run.finish();
  outcome.totals = file_run.totals();
  return outcome;
}

void report(const RunTotals& totals, const PublisherCounters& sent) {
  say(kInfo, std::to_string(totals.frames.frames) + " frames, " +
                 std::to_string(totals.frames.defect_total()) + " of them not decoded; " +
                 std::to_string(totals.shards.flows.ended) + " sessions; " +
                 std::to_string(totals.shards.flows.duplicates) +
                 " packets that a mirror doubled; " + std::to_string(sent.records_acknowledged) +
                 " of " + std::to_string(sent.records_offered) + " records acknowledged");
}

int sense(const std::string& config_path, bool check_only,
          const std::vector<std::string>& captures) {
  auto config = load_sensor_config(config_path);
  if (!config) return refuse(config.error());
  config->run.flow.starts = true;
  auto finishers = make_finishers(*config);
  if (!finishers) return refuse(finishers.error());
  if (check_only) {
    const bool ships = !config->ship.collector.empty();
    const auto options = ships ? publisher_options(*config) : PublisherOptions{};
    if (!options) return refuse({options.error()});
    std::cout << config_path << " is sound\n";
    return kDone;
  }
  if (config->ship.collector.empty()) {
    return refuse({{config_path, 0, 0, "no collector is named",
                    "set ship.collector, ship.collector_key and ship.key"}});
  }
  auto options = publisher_options(*config);
  if (!options) return refuse({options.error()});
  auto publisher = Publisher::start(std::move(*options));
  if (!publisher) return refuse({publisher.error()});

  const Outcome outcome = run(*config, *finishers, **publisher, captures);
  const bool drained = (*publisher)->drain(kDrainPatience);
  const PublisherCounters sent = (*publisher)->counters();
  report(outcome.totals, sent);
  if (!drained || sent.records_dropped > 0) {
    say(kError,
        "the collector did not acknowledge everything; is it up, and does it know this sensor's "
        "key?");
    return kNotShipped;
  }
  return outcome.readable ? kDone : kUnreadable;
}

// Without SA_RESTART, so that a reader of a silent pipe is let go; and again each second, because a
// signal that comes just before such a read interrupts nothing.
void catch_signals() {
  const auto on_signal = [](int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    ::sigaction(signal, &action, nullptr);
  };
  const auto stop = [](int) {
    g_stops = g_stops + 1;
    ::alarm(1);
  };
  on_signal(SIGINT, stop);
  on_signal(SIGTERM, stop);
  on_signal(SIGALRM, [](int) { ::alarm(1); });
  // Nothing is reloaded while captures are read; a sensor must not die of being asked.
  on_signal(SIGHUP, SIG_IGN);
  on_signal(SIGPIPE, SIG_IGN);
}

}  // namespace
}  // namespace sekimori

int main(int argc, char** argv) {
  CLI::App app{
      "sekimori-sensor turns packets into session records and sends them to a collector.\n"
      "\n"
      "  sekimori-sensor --config /etc/sekimori/sensor.yaml monday.pcap\n"
      "  tcpdump -i eth0 -w - | sekimori-sensor --config sensor.yaml -\n"
      "  sekimori-sensor --config sensor.yaml --check-config\n"
      "\n"
      "Exit code 1: usage or configuration; 2: a capture could not be read to its end; 3: not all\n"
      "records were acknowledged.",
      "sekimori-sensor"};
  app.set_version_flag("--version", "sekimori-sensor " SEKIMORI_VERSION);
  app.failure_message(CLI::FailureMessage::simple);
  std::string config = "/etc/sekimori/sensor.yaml";
  bool check_only = false;
  std::vector<std::string> captures;
  app.add_option("--config", config, "Configuration file")->capture_default_str();
  app.add_flag("--check-config", check_only, "Only say whether the configuration is sound");
  app.add_option("captures", captures, "Capture files in order of time; - is standard input");
  try {
    app.parse(argc, argv);
    if (!check_only && captures.empty()) throw CLI::RequiredError{"a capture file"};
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? sekimori::kDone : sekimori::kUsage;
  }
  sekimori::catch_signals();
  return sekimori::sense(config, check_only, captures);
}
