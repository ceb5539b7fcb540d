#include "cli/commands.h"

namespace sekimori {

void add_rules(CLI::App& app, int& exit_code) {
  CLI::App* const rules = app.add_subcommand(
      "rules",
      "Write, check and try out Sigma rules before a sensor or a collector runs them.\n"
      "\n"
      "  sekimori rules new signatures/our_rule.yml      begin a rule\n"
      "  sekimori rules check signatures                 tell of every fault, and of what to "
      "better\n"
      "  sekimori rules test signatures                  run the tests that rules carry\n"
      "  sekimori rules explain RULE.yml --record F      why a rule says what it says\n"
      "  sekimori rules backtest signatures --records F  what would change on stored sessions\n"
      "  sekimori rules import sslbl-ja3 F               rules out of a public list");
  rules->require_subcommand(1);
  add_rules_check(*rules, exit_code);
  add_rules_test(*rules, exit_code);
  add_rules_explain(*rules, exit_code);
  add_rules_backtest(*rules, exit_code);
  add_rules_new(*rules, exit_code);
  add_rules_import(*rules, exit_code);
}

}  // namespace sekimori
