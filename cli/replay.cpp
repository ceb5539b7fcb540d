#include <unistd.h>

#include <csignal>
#include <iostream>

#include "cli/commands.h"
#include "cli/output_file.h"
#include "cli/replay_run.h"

namespace sekimori {
namespace {

volatile std::sig_atomic_t g_stop = 0;  // set by SIGINT and SIGTERM: end well, with what was read

void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { g_stop = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second one ends at once
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

void add_replay(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* const replay = app.add_subcommand(
      "replay",
      "Judge recorded traffic as the live system would, in the capture's own time.\n"
      "\n"
      "  sekimori replay --config sekimori.yaml --claims claims.ndjson monday.pcap\n"
      "  sekimori replay --sessions - monday.pcap.gz | jq .tls.client.ja4\n"
      "  tcpdump -w - | sekimori replay --verdicts - --claims claims.csv -\n"
      "\n"
      "Reads pcap and pcapng, plain or gzip. Exit code 1: usage, configuration, rule or database\n"
      "error; 2: a capture could not be read to its end, what was read is still reported.");
  replay->add_option("captures", options->captures,
                     "Capture files in order of time; - is standard input");
  replay->add_option(
      "--config", options->config,
      "Configuration with the keys sensor and collector; else no databases, and the rules\n"
      "that came with the program");
  // One file for each --claims: what follows it is a capture.
  replay->add_option("--claims", options->claims, "Claims, NDJSON or CSV; may be given again")
      ->allow_extra_args(false);
  replay->add_option("--sessions", options->sessions,
                     "Write session records as JSON lines; - is standard output");
  replay->add_option("--verdicts", options->verdicts,
                     "Write verdicts as JSON lines; - is standard output");
  replay->add_option("--store", options->store, "Keep records and verdicts in this SQLite file");
  replay->add_flag("--check-config", options->check_only,
                   "Only say whether configuration, rules, databases and claims are sound");
  replay->add_flag("--starts", options->starts, "Write start records too, not only end records");
  replay->add_option("--workers", options->workers, "Threads; never changes an answer")
      ->check(CLI::Range(std::size_t{1}, kPartitions));
  replay->callback([options, &exit_code] {
    if (options->captures.empty() && !options->check_only) {
      throw CLI::RequiredError{"a capture file"};
    }
    stop_on_signals();
    options->progress = ::isatty(STDERR_FILENO) == 1;
    exit_code = run_replay(*options, [] { return g_stop == 0; });
  });
}

}  // namespace sekimori
