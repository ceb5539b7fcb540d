#include <CLI/CLI.hpp>

#include "cli/commands.h"

int main(int argc, char** argv) {
  CLI::App app{
      "sekimori compares how connections really arrive with what accounts claim.\n"
      "\n"
      "  sekimori replay --claims claims.ndjson capture.pcap   verdicts from a capture\n"
      "  sekimori replay --sessions - capture.pcap             session records as JSON lines\n"
      "  sekimori rules check signatures                       is every rule sound?\n"
      "  sekimori keys sensor edge-1                           keys for a new sensor\n"
      "  sekimori doctor                                       what is wrong here, and what to do",
      "sekimori"};
  app.set_version_flag("--version", "sekimori " SEKIMORI_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  int exit_code = sekimori::kDone;
  sekimori::add_replay(app, exit_code);
  sekimori::add_rules(app, exit_code);
  sekimori::add_keys(app, exit_code);
  sekimori::add_doctor(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has codes of its own; ours are promised to scripts.
    return app.exit(error) == 0 ? sekimori::kDone : sekimori::kUsage;
  }
  return exit_code;
}
