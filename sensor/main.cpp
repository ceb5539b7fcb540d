#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <iostream>
#include <mutex>
#include <optional>
#include <random>

#include "core/health/metrics_server.h"
#include "sensor/config.h"
#include "sensor/confine.h"
#include "sensor/finisher.h"
#include "sensor/log.h"
#include "sensor/rule_reload.h"
#include "sensor/running.h"
#include "sensor/ship/publisher.h"

// Six states, never backwards: configure, open, confine, run, drain, report.
namespace sekimori {
namespace {

enum ExitCode : int { kDone = 0, kUsage = 1, kUnreadable = 2, kNotShipped = 3 };

// How long an ending sensor waits for the collector's last acknowledgement.
constexpr std::chrono::seconds kDrainPatience{30};
// The same from a first SIGTERM on, below the unit's TimeoutStopSec; a second one ends the wait.
constexpr std::chrono::seconds kStopPatience{20};

// A signal handler writes these.
std::atomic<int> g_stops = 0;        // SIGINT or SIGTERM so far
std::atomic<bool> g_reload = false;  // SIGHUP, and not yet looked at
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

int refuse(const std::vector<Complaint>& complaints) {
  say(complaints);
  return kUsage;
}

// Whether to wait on for a collector that takes nothing.
bool keeps_waiting() {
  using Clock = std::chrono::steady_clock;
  static std::atomic<Clock::rep> end = 0;  // 0: not stopped yet
  if (g_stops == 0) return true;
  const auto now = Clock::now().time_since_epoch();
  Clock::rep unset = 0;
  end.compare_exchange_strong(unset, (now + Clock::duration{kStopPatience}).count());
  return g_stops == 1 && now.count() < end;
}

Timestamp clock_now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

Loaded<PublisherOptions> publisher_options(const SensorConfig& config) {
  const ShipConfig& ship = config.ship;
  auto collector_key = read_public_key(ship.collector_key);
  if (!collector_key) return tl::unexpected{collector_key.error()};
  auto secret_key = read_secret_key(ship.key);
  if (!secret_key) return tl::unexpected{secret_key.error()};
  PublisherOptions options;
  options.collectors.push_back({ship.collector, *collector_key});
  for (const ShipConfig::Collector& other : ship.others) {
    auto key = read_public_key(other.collector_key);
    if (!key) return tl::unexpected{key.error()};
    options.collectors.push_back({other.collector, *key});
  }
  options.secret_key = *secret_key;
  options.sensor = SensorName{config.run.flow.observer.view()};
  options.boot = (std::uint64_t{std::random_device{}()} << 32U) | std::random_device{}();
  options.speaker.observer = config.run.flow.observer;
  options.speaker.observer_version.assign(SEKIMORI_VERSION);
  options.speaker.vantage = config.run.flow.vantage;
  options.speaker.path = config.run.flow.path;
  options.keep_waiting = keeps_waiting;
  options.warn = [](const std::string& line) { say(kWarning, line); };
  return options;
}

// How records are made: what is done to each, and the rules that this asks, which are replaced
// while the sensor runs.
struct Making {
  FinisherFactory finishers;
  std::shared_ptr<PackSlot> rules;
};

LoadedAll<Making> open_making(const SensorConfig& config, ClassifierProcess* classifier) {
  auto strangers = strangers_files(config.pack());
  if (!strangers.empty()) return tl::unexpected{std::move(strangers)};
  auto pack = load_session_rules(config.pack());
  if (!pack) return tl::unexpected{std::move(pack.error())};
  auto rules = std::make_shared<PackSlot>(std::move(*pack));
  auto finishers = make_finishers(config, rules, classifier);
  if (!finishers) return tl::unexpected{std::move(finishers.error())};
  return Making{std::move(*finishers), std::move(rules)};
}

RuleReloadOptions reload_options(const std::string& path, const SensorConfig& config,
                                 const ServiceNotify& notify) {
  const auto asked = [&notify, under_way = false]() mutable {
    if (std::exchange(under_way, g_reload.exchange(false)) && !under_way) notify.ready();
    if (under_way) notify.reloading();
    return under_way;
  };
  return {path, config.pack(), asked, [](const std::string& line) { say(kInfo, line); },
          [](const std::string& line) { say(kWarning, line); }};
}

void report(const Outcome& outcome, const PublisherCounters& sent,
            const ClassifierProcess* classifier) {
  for (const InterfaceCounters& one : outcome.packets.interfaces) say(kInfo, describe(one));
  say(kInfo, describe(outcome.packets.frames) + "; " + describe(outcome.packets.shards) + "; " +
                 std::to_string(sent.records_acknowledged) + " of " +
                 std::to_string(sent.records_offered) + " records acknowledged");
  if (classifier == nullptr) return;
  say(kInfo, describe(classifier->counters()) + ", " +
                 std::to_string(outcome.packets.shards.flows.samples_forgotten) +
                 " sessions forgotten before");
}

struct CommandLine {
  std::string config = "/etc/sekimori/sensor.yaml";
  bool check_only = false;
  std::vector<std::string> interfaces;  // instead of the configuration's
  std::vector<std::string> captures;
};

int check(const std::string& path, const SensorConfig& config) {
  if (const auto user = check_user(config.user); !user) return refuse({user.error()});
  const bool ships = !config.ship.collector.empty();
  const auto options = ships ? publisher_options(config) : PublisherOptions{};
  if (!options) return refuse({options.error()});
  std::cout << path << " is sound\n";
  return kDone;
}

// Opened while the privilege is there; none when captures are read.
Loaded<std::unique_ptr<LiveRun>> open_interfaces(const SensorConfig& config,
                                                 const CommandLine& line) {
  if (!line.captures.empty()) return nullptr;
  if (config.capture.interfaces.empty()) {
    return tl::unexpected{Complaint{line.config, 0, 0, "there is nothing to read",
                                    "set interfaces, or name interfaces or capture files on the "
                                    "command line"}};
  }
  return LiveRun::open(config.run, config.capture);
}

// None when the configuration names none.
Loaded<std::optional<SpoolDirectory>> open_spool(const SensorConfig& config) {
  if (config.ship.spool.empty()) return std::nullopt;
  auto directory = SpoolDirectory::open(config.ship.spool);
  if (!directory) return tl::unexpected{directory.error()};
  return std::move(*directory);
}

// Reads what an earlier sensor left, so only once confined.
Loaded<std::unique_ptr<Publisher>> start_publisher(PublisherOptions options,
                                                   std::optional<SpoolDirectory> directory,
                                                   SpoolLimits limits) {
  if (!directory) return Publisher::start(std::move(options));
  if (options.when_full == WhenFull::wait) limits.when_full = WhenSpoolFull::refuse;
  auto spool = Spool::recover(std::move(*directory), limits, options.boot, clock_now());
  if (!spool) return tl::unexpected{spool.error()};
  const SpoolCounters left = (*spool)->counters();
  if (left.recovered > 0) {
    say(kInfo, std::to_string(left.records) +
                   " records that an earlier sensor left in the spool "
                   "are sent first");
  }
  if (left.torn_bytes > 0) {
    say(kWarning, std::to_string(left.torn_bytes) + " bytes of the spool could not be read");
  }
  const bool live = options.when_full == WhenFull::drop;
  const LossWindow away{
      LossKind::downtime, (*spool)->last_alive().value_or(Timestamp{}), clock_now(), 0, {}};
  const bool was_away = (*spool)->last_alive() && away.from < away.until;
  auto publisher = Publisher::start(std::move(options), std::move(*spool));
  if (publisher && live && was_away) (*publisher)->lose({&away, 1});
  return publisher;
}

// Before everything else is opened: what comes later is not in its memory.
Loaded<std::unique_ptr<ClassifierProcess>> open_classifier(const SensorConfig& config,
                                                           const CommandLine& line) {
  if (line.check_only) return nullptr;
  const RunsOn input = line.captures.empty() ? RunsOn::interfaces : RunsOn::files;
  return start_classifier(config, input, [](Gravity gravity, const std::string& what) {
    say(gravity == Gravity::error ? kError : kWarning, what);
  });
}

// Listens while it may; none when the configuration names no address.
Loaded<std::unique_ptr<MetricsServer>> open_metrics(const SensorConfig& config) {
  if (!config.metrics) return nullptr;
  return MetricsServer::open(*config.metrics);
}

int sense(const CommandLine& line) {
  auto config = load_sensor_config(line.config);
  if (!config) return refuse(config.error());
  config->run.flow.starts = true;
  if (!line.interfaces.empty()) config->capture.interfaces = line.interfaces;
  if (auto fault = fault_of_interfaces(line.interfaces)) {
    fault->what = "--interface " + fault->what;
    return refuse({*fault});
  }
  ServiceNotify notify = ServiceNotify::from_environment();
  auto classifier = open_classifier(*config, line);
  if (!classifier) return refuse({classifier.error()});
  auto making = open_making(*config, classifier->get());
  if (!making) return refuse(making.error());
  if (line.check_only) return check(line.config, *config);
  if (config->ship.collector.empty()) {
    return refuse({{line.config, 0, 0, "no collector is named",
                    "set ship.collector, ship.collector_key and ship.key"}});
  }
  auto options = publisher_options(*config);
  if (!options) return refuse({options.error()});
  auto live = open_interfaces(*config, line);
  if (!live) return refuse({live.error()});
  options->when_full = *live ? WhenFull::drop : WhenFull::wait;

  auto directory = open_spool(*config);
  if (!directory) return refuse({directory.error()});
  auto metrics = open_metrics(*config);
  if (!metrics) return refuse({metrics.error()});

  const auto confined = confine({*live ? Reads::interfaces : Reads::captures, config->user,
                                 *directory ? (*directory)->descriptor() : -1});
  if (!confined) return refuse({confined.error()});
  for (const std::string& warning : *confined) say(kWarning, warning);
  // The publisher brings the first other threads, which inherit the confinement.
  auto publisher =
      start_publisher(std::move(*options), std::move(*directory), config->ship.spool_limits);
  if (!publisher) return refuse({publisher.error()});

  std::optional<RuleReload> reload{std::in_place, reload_options(line.config, *config, notify),
                                   making->rules};
  ReadingProgress progress;
  const auto text = [&] {
    return sensor_metrics(*live ? packet_totals((*live)->counters()) : progress.get(), **publisher,
                          classifier->get(), *making->rules, config->run.flow.observer.view());
  };
  const RunControl control{[] { return g_stops != 0; }, keeps_waiting,
                           [&] {
                             if (*metrics && !(*metrics)->start(text)) {
                               say(kWarning, "metrics cannot be served");
                             }
                             notify.ready();
                           },
                           notify};
  const Outcome outcome =
      *live ? run_live(**live, making->finishers, **publisher, control)
            : run_files(*config, making->finishers, **publisher, line.captures, progress, control);
  notify.stopping();
  reload.reset();
  const bool drained = (*publisher)->drain(kDrainPatience);
  metrics->reset();
  const PublisherCounters sent = (*publisher)->counters();
  report(outcome, sent, classifier->get());
  if (sent.spool && sent.spool->batches > 0) {
    say(kWarning, "what was not acknowledged waits in " + config->ship.spool +
                      ": the next start sends it first");
  }
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
    ++g_stops;
    ::alarm(1);
  };
  on_signal(SIGINT, stop);
  on_signal(SIGTERM, stop);
  on_signal(SIGALRM, [](int) { ::alarm(1); });
  on_signal(SIGPIPE, SIG_IGN);
  // A reload ends no read.
  struct sigaction reload {};
  reload.sa_handler = [](int) { g_reload = true; };
  reload.sa_flags = SA_RESTART;
  ::sigaction(SIGHUP, &reload, nullptr);
}

}  // namespace
}  // namespace sekimori

int main(int argc, char** argv) {
  CLI::App app{
      "sekimori-sensor turns packets into session records and sends them to a collector.\n"
      "\n"
      "  sekimori-sensor --config /etc/sekimori/sensor.yaml\n"
      "  sekimori-sensor --config sensor.yaml --interface eth0 --interface eth1\n"
      "  sekimori-sensor --config /etc/sekimori/sensor.yaml monday.pcap\n"
      "  tcpdump -i eth0 -w - | sekimori-sensor --config sensor.yaml -\n"
      "  sekimori-sensor --config sensor.yaml --check-config\n"
      "  kill -HUP PID    reloads the rules, as does a change of their files; faulty ones change\n"
      "                   nothing\n"
      "\n"
      "Exit code 1: usage or configuration; 2: a capture could not be read to its end; 3: not all\n"
      "records were acknowledged.",
      "sekimori-sensor"};
  app.set_version_flag("--version", "sekimori-sensor " SEKIMORI_VERSION);
  app.failure_message(CLI::FailureMessage::simple);
  sekimori::CommandLine line;
  app.add_option("--config", line.config, "Configuration file")->capture_default_str();
  app.add_flag("--check-config", line.check_only, "Only say whether the configuration is sound");
  auto* interfaces = app.add_option("--interface", line.interfaces,
                                    "Interface to capture from, instead of the configuration's");
  interfaces->allow_extra_args(false);  // each --interface takes one; what follows is a capture
  app.add_option("captures", line.captures, "Capture files in order of time; - is standard input")
      ->excludes(interfaces);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? sekimori::kDone : sekimori::kUsage;
  }
  sekimori::catch_signals();
  return sekimori::sense(line);
}
