#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/rules_capture.h"
#include "cli/rules_json.h"
#include "cli/rules_pack.h"
#include "core/rules/inline_record.h"
#include "core/rules/sequence.h"

namespace sekimori {
namespace {

int test(const RulesOptions& options) {
  auto loaded = load_rules(options);
  if (!loaded) return kUsage;
  const auto pack = std::make_shared<const RulePack>(std::move(*loaded));
  CaptureTests captures{pack};
  std::size_t tests = 0;
  std::size_t untested = 0;
  std::vector<Complaint> failures;
  for (const CompiledRule& rule : pack->rules()) {
    tests += rule.tests().size();
    untested += rule.tests().empty() ? 1U : 0U;
    if (rule.tests().empty() && !options.json) {
      std::cerr << "sekimori: " << rule.file() << ": has no tests\n";
    }
    for (const auto& some :
         {run_rule_tests(rule, pack->schemas().of(rule.facts().category)), captures.run(rule)}) {
      failures.insert(failures.end(), some.begin(), some.end());
    }
  }
  for (const Correlation& one : pack->correlations()) {
    tests += one.tests.size();
    untested += one.tests.empty() ? 1U : 0U;
    if (one.tests.empty() && !options.json) {
      std::cerr << "sekimori: " << one.file << ": has no tests\n";
    }
  }
  const auto sequences = run_sequence_tests(*pack);
  failures.insert(failures.end(), sequences.begin(), sequences.end());
  const std::size_t rules = pack->rules().size() + pack->correlations().size();
  if (options.json) {
    JsonLine line;
    line.add("rules", rules).add("tests", tests).add("untested", untested);
    line.add("failed", failures.size()).add("failures", failures);
    std::cout << line.text() << '\n';
  } else {
    for (const Complaint& one : failures) complain(one);
    std::cout << rules << " rules, " << tests << " tests, " << failures.size() << " failed\n";
  }
  return failures.empty() ? kDone : kRuleTestFailed;
}

}  // namespace

void add_rules_test(CLI::App& rules, int& exit_code) {
  const auto options = std::make_shared<RulesOptions>();
  CLI::App* const command =
      rules.add_subcommand("test",
                           "Run each rule's own tests, on records written out and on captures.\n"
                           "\n"
                           "  sekimori rules test signatures\n"
                           "  sekimori rules test signatures --json | jq -r '.failures[].what'\n"
                           "\n"
                           "Exit code 3: a test failed; 1: there is no pack.");
  add_rules_folder(*command, *options);
  command->add_flag(
      "--json", options->json,
      "One JSON object: rules, tests, untested (rules), failed, failures (file, line,\n"
      "column, what, way_out)");
  command->callback([options, &exit_code] { exit_code = test(*options); });
}

}  // namespace sekimori
