#include <iostream>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/rules_json.h"
#include "cli/rules_pack.h"
#include "core/rules/pack_warnings.h"
#include "sensor/classify/ndpi.h"
#include "sensor/classify/protocol_names.h"

namespace sekimori {
namespace {

// What parsers say (sensor/flow/make_record.cpp) and the classifier with the nDPI that is here.
KnownNames known_names() {
  KnownNames known;
  known.protocols = {"tls", "quic", "dtls", "openvpn"};
  for (const std::uint16_t row : ndpi_rows()) {
    const ProtocolName& name = kProtocolNames[row - 1];
    const auto add = [](auto& set, std::string_view word) {
      if (!word.empty()) set.emplace(word);
    };
    add(known.protocols, name.protocol);
    add(known.applications, name.application);
    add(known.remote_access, name.remote_access);
    add(known.tunnels, name.tunnel);
  }
  return known;
}

int check(const RulesOptions& options) {
  const auto pack = try_load_rules(options);
  const auto warnings = pack ? warnings_of(*pack, known_names()) : std::vector<RuleWarning>{};
  const std::size_t rules = pack ? pack->rules().size() + pack->correlations().size() : 0;
  if (options.json) {
    JsonLine line;
    if (pack) line.add("pack", pack->hash());
    line.add("rules", rules);
    line.add("errors", pack ? std::vector<Complaint>{} : pack.error());
    line.add("warnings", warnings, [](JsonLine& out, const RuleWarning& one) {
      out.add("file", one.file).add("rule", one.rule).add("title", one.title);
      out.add("kind", one.kind);
      out.add("what", one.what).add("way_out", one.way_out);
    });
    std::cout << line.text() << '\n';
  } else if (pack) {
    if (rules == 0)
      complain({options.folder, 0, 0, "holds no rule (*.yml)", "is it the folder of a pack?"});
    for (const RuleWarning& one : warnings) std::cerr << "sekimori: " << one.text() << '\n';
    std::cout << rules << " rules are sound, pack " << pack->hash();
    if (!warnings.empty()) std::cout << ", " << warnings.size() << " warnings";
    std::cout << '\n';
  } else {
    complain_of_pack(pack.error());
  }
  if (!pack) return kUsage;
  return options.strict && !warnings.empty() ? kRuleTestFailed : kDone;
}

}  // namespace

void add_rules_check(CLI::App& rules, int& exit_code) {
  const auto options = std::make_shared<RulesOptions>();
  CLI::App* const command = rules.add_subcommand(
      "check",
      "Read and compile every rule, tell of every fault at once, and warn of what is no fault and\n"
      "yet not what its author will want: no test, no reference, no word on false positives, JA3\n"
      "alone, a rule that is asked of every record, 'not' over what is often absent, a name that\n"
      "nobody says, rules that lie over each other.\n"
      "\n"
      "  sekimori rules check signatures\n"
      "  sekimori rules check signatures --json | jq '.warnings[] | select(.kind == "
      "\"untested\")'\n"
      "\n"
      "Exit code 1: faults, so there is no pack; 3: warnings, with --strict.");
  add_rules_folder(*command, *options);
  command->add_flag("--strict", options->strict, "Warnings are failures");
  command->add_flag("--json", options->json,
                    "One JSON object: pack, rules, errors (file, line, column, what, way_out) and\n"
                    "warnings (file, rule, title, kind, what, way_out)");
  command->callback([options, &exit_code] { exit_code = check(*options); });
}

}  // namespace sekimori
