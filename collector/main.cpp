#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <mutex>

#include "collector/service.h"
#include "core/health/service_notify.h"
#include "core/rules/pack_watch.h"

namespace sekimori {
namespace {

enum ExitCode : int { kDone = 0, kUsage = 1 };

// Between two looks for a signal; what has come is judged at once.
constexpr std::chrono::milliseconds kTurn{100};

volatile std::sig_atomic_t g_stop = 0;
volatile std::sig_atomic_t g_reload = 0;

// The journal reads a syslog priority in angle brackets before the text.
void say(LogLevel level, const std::string& line) {
  static const bool to_journal = std::getenv("JOURNAL_STREAM") != nullptr;
  static std::mutex one_at_a_time;
  const std::string prefix = to_journal ? "<" + std::to_string(static_cast<int>(level)) + ">"
                                        : std::string{"sekimori-collector: "};
  const std::lock_guard lock{one_at_a_time};
  std::cerr << prefix + line + "\n";
}

int refuse(const std::vector<Complaint>& complaints) {
  for (const Complaint& complaint : complaints) say(LogLevel::error, complaint.text());
  return kUsage;
}

struct Prepared {
  CollectorConfig config;
  std::unique_ptr<Judging> judging;
};

LoadedAll<std::unique_ptr<Judging>> open_judging(const JudgingConfig& config) {
  auto strangers = strangers_files(config.pack());
  if (!strangers.empty()) return tl::unexpected{std::move(strangers)};
  return Judging::open(config);
}

LoadedAll<Prepared> prepare(const std::string& path) {
  auto config = load_collector_config(path);
  if (!config) return tl::unexpected{config.error()};
  auto missing = missing_for_service(*config, path);
  if (!missing.empty()) return tl::unexpected{std::move(missing)};
  auto judging = open_judging(config->judging);
  if (!judging) return tl::unexpected{judging.error()};
  return Prepared{std::move(*config), std::move(*judging)};
}

// Rules and databases of a running collector: replaced whole, or not at all.
class Reload {
 public:
  Reload(Service& service, std::string path, const JudgingConfig& config, std::string pack_hash)
      : service_{service},
        path_{std::move(path)},
        config_{config},
        pack_hash_{std::move(pack_hash)} {
    follow();
  }

  // After SIGHUP: as the configuration says now.
  void as_asked() {
    auto prepared = prepare(path_);
    if (!prepared) return keep(prepared.error());
    config_ = std::move(prepared->config.judging);
    follow();
    put(std::move(prepared->judging));
  }

  // When the files of the pack have changed, as the configuration said last.
  void as_changed() {
    if (!watch_.changed(std::chrono::milliseconds{0})) return;
    follow();
    auto judging = open_judging(config_);
    if (!judging) return keep(judging.error());
    if ((*judging)->pack_hash() != pack_hash_) put(std::move(*judging));
  }

 private:
  void follow() {
    for (const Complaint& one : watch_.follow(config_.pack())) {
      say(LogLevel::warning, one.text());
    }
  }
  void put(std::unique_ptr<Judging> judging) {
    pack_hash_ = judging->pack_hash();
    service_.reload(std::move(judging));
  }
  void keep(const std::vector<Complaint>& complaints) const {
    refuse(complaints);
    say(LogLevel::warning,
        "nothing was reloaded; rules and databases are those from before (pack " +
            pack_hash_.substr(0, 12) + ")");
  }

  Service& service_;
  std::string path_;
  JudgingConfig config_;
  std::string pack_hash_;  // in force
  PackWatch watch_;
};

// Between two lines of status.
constexpr std::chrono::seconds kStatusTime{5};

// Until a signal. The watchdog hears of it for as long as both threads go round: the one that
// receives and this one, which judges.
void serve(Service& service, Reload& reload, ServiceNotify& notify) {
  std::chrono::steady_clock::time_point status_at{};
  notify.ready();
  while (g_stop == 0) {
    if (g_reload != 0) {
      g_reload = 0;
      notify.reloading();
      reload.as_asked();
      service.read_keys_again();
      notify.ready();
    }
    reload.as_changed();
    service.turn(
        std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now()),
        kTurn);
    if (service.receives()) notify.alive();
    const auto now = std::chrono::steady_clock::now();
    if (now < status_at) continue;
    status_at = now + kStatusTime;
    notify.status(collector_status(service.totals()));
  }
}

int collect(const std::string& path, bool check_only) {
  auto prepared = prepare(path);
  if (!prepared) return refuse(prepared.error());
  if (check_only) {
    const auto secrets = read_secrets(prepared->config);
    if (!secrets) return refuse(secrets.error());
    std::cout << path << " is sound: " << prepared->judging->description() << ", "
              << secrets->sensors.size() << " sensors\n";
    return kDone;
  }
  ServiceNotify notify = ServiceNotify::from_environment();
  say(LogLevel::info, "judges with " + prepared->judging->description());
  const std::string pack_hash = prepared->judging->pack_hash();
  auto service = Service::start(prepared->config, std::move(prepared->judging), say);
  if (!service) return refuse(service.error());
  Reload reload{**service, path, prepared->config.judging, pack_hash};
  serve(**service, reload, notify);
  notify.stopping();
  (*service)->stop();
  return kDone;
}

void on_signal(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace
}  // namespace sekimori

int main(int argc, char** argv) {
  CLI::App app{
      "sekimori-collector receives session records and claims, brings them together, judges and\n"
      "keeps them.\n"
      "\n"
      "  sekimori-collector --config /etc/sekimori/collector.yaml\n"
      "  sekimori-collector --config collector.yaml --check-config\n"
      "  kill -HUP PID    reloads rules, databases and sensors' keys; faulty ones\n"
      "                   change nothing\n"
      "\n"
      "  curl -H \"Authorization: Bearer $(cat api.token)\" -H 'Content-Type: "
      "application/json' \\\n"
      "    -d '{\"time\":\"2024-03-26T01:02:03Z\",\"account\":\"w-1041\",\"country\":\"JP\",'\\\n"
      "'\"ip\":\"203.0.113.9\",\"port\":50123}' http://127.0.0.1:7356/v1/claims\n"
      "\n"
      "Exit code 1: usage, configuration, rule or database error.",
      "sekimori-collector"};
  app.set_version_flag("--version", "sekimori-collector " SEKIMORI_VERSION);
  app.failure_message(CLI::FailureMessage::simple);
  std::string config = "/etc/sekimori/collector.yaml";
  bool check_only = false;
  app.add_option("--config", config, "Configuration file")->capture_default_str();
  app.add_flag("--check-config", check_only, "Only say whether the configuration is sound");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? sekimori::kDone : sekimori::kUsage;
  }
  sekimori::on_signal(SIGINT, [](int) { sekimori::g_stop = 1; });
  sekimori::on_signal(SIGTERM, [](int) { sekimori::g_stop = 1; });
  sekimori::on_signal(SIGHUP, [](int) { sekimori::g_reload = 1; });
  sekimori::on_signal(SIGPIPE, SIG_IGN);
  return sekimori::collect(config, check_only);
}
