#pragma once

#include <CLI/CLI.hpp>

namespace sekimori {

// Exit codes that people and scripts rely on (DESIGN.md, section 11).
enum ExitCode : int {
  kDone = 0,
  kUsage = 1,       // usage, configuration, rule or database error
  kUnreadable = 2,  // a capture could not be read to its end or at all
  kRuleTestFailed = 3,
  kDoubtful = 4,  // doctor: somebody should look
  kBroken = 5,    // doctor: something does not work
};

// Each adds one subcommand and, when it ran, leaves its exit code in `exit_code`.
void add_replay(CLI::App& app, int& exit_code);
void add_rules(CLI::App& app, int& exit_code);
// Below `rules`.
void add_rules_check(CLI::App& rules, int& exit_code);
void add_rules_test(CLI::App& rules, int& exit_code);
void add_rules_explain(CLI::App& rules, int& exit_code);
void add_rules_backtest(CLI::App& rules, int& exit_code);
void add_rules_new(CLI::App& rules, int& exit_code);
void add_rules_import(CLI::App& rules, int& exit_code);
void add_keys(CLI::App& app, int& exit_code);
void add_doctor(CLI::App& app, int& exit_code);

}  // namespace sekimori
