#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/rules_pack.h"
#include "core/rules/inline_record.h"
#include "core/rules/pack.h"
#include "core/rules/sequence.h"

namespace sekimori {
namespace {

int check(const RulesOptions& options) {
  const auto pack = load_rules(options);
  if (!pack) return kUsage;
  std::cout << pack->rules().size() + pack->correlations().size() << " rules are sound, pack "
            << pack->hash() << '\n';
  return kDone;
}

int test(const RulesOptions& options) {
  const auto pack = load_rules(options);
  if (!pack) return kUsage;
  std::size_t tests = 0;
  std::size_t failed = 0;
  for (const CompiledRule& rule : pack->rules()) {
    tests += rule.tests().size();
    if (rule.tests().empty()) std::cerr << "sekimori: " << rule.file() << ": has no tests\n";
    for (const Complaint& one : run_rule_tests(rule, pack->schemas().of(rule.facts().category))) {
      complain(one);
      ++failed;
    }
  }
  for (const Correlation& one : pack->correlations()) {
    tests += one.tests.size();
    if (one.tests.empty()) std::cerr << "sekimori: " << one.file << ": has no tests\n";
  }
  for (const Complaint& one : run_sequence_tests(*pack)) {
    complain(one);
    ++failed;
  }
  std::cout << pack->rules().size() + pack->correlations().size() << " rules, " << tests
            << " tests, " << failed << " failed\n";
  return failed == 0 ? kDone : kRuleTestFailed;
}

void add(CLI::App& rules, const std::string& name, const std::string& about,
         int (*run)(const RulesOptions&), int& exit_code) {
  const auto options = std::make_shared<RulesOptions>();
  CLI::App* const command = rules.add_subcommand(name, about);
  command->add_option("dir", options->folder, "Folder of Sigma rules (*.yml), with all below it")
      ->required();
  command->add_option(
      "--regions", options->regions,
      "File of the %names% in rules; else regions.yaml or config/regions.yaml above\n"
      "the folder, the nearest one");
  command->callback([options, run, &exit_code] { exit_code = run(*options); });
}

}  // namespace

void add_rules(CLI::App& app, int& exit_code) {
  CLI::App* const rules = app.add_subcommand(
      "rules",
      "Check and test Sigma rules before a sensor or a collector runs them.\n"
      "\n"
      "  sekimori rules check signatures   read and compile every rule, tell of every fault\n"
      "  sekimori rules test signatures    run the tests that rules carry; exit code 3 on failure");
  rules->require_subcommand(1);
  add(*rules, "check", "Read and compile every rule and tell of every fault at once.", &check,
      exit_code);
  add_rules_explain(*rules, exit_code);
  add(*rules, "test", "Run each rule's own tests; exit code 3 when one fails.", &test, exit_code);
}

}  // namespace sekimori
