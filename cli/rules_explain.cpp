#include <fstream>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/rules_explain_correlations.h"
#include "cli/rules_pack.h"
#include "core/record/ecs_json.h"
#include "core/rules/explain.h"
#include "core/rules/inline_record.h"
#include "core/rules/json_record.h"

namespace sekimori {
namespace {

struct ExplainOptions {
  RulesOptions rules;
  std::string record;
  std::string pack;  // where the file's correlations find the rules of other files
};

std::string_view word_of(Truth truth) {
  return truth == Truth::yes ? "yes" : truth == Truth::no ? "no" : "unknown";
}

std::string value_of(const ExplainedTest& test) {
  if (test.hidden) return "payload, which is not shown";
  return test.value.empty() ? "absent" : test.value;
}

void tell(const Rule& rule, std::span<const FieldSpec> schema, const Explanation& told,
          std::uint32_t line) {
  std::cout << "line " << line << ", '" << rule.facts.title
            << "': " << answer_word(told.answer.truth);
  if (told.answer.truth == Truth::unknown) {
    std::cout << ", for want of " << schema[told.answer.missing].name;
  }
  std::cout << '\n';
  for (const ExplainedSelection& selection : told.selections) {
    std::cout << "  " << word_of(selection.truth) << '\t' << selection.name << '\n';
    for (std::size_t at = 0; at < selection.alternatives.size(); ++at) {
      if (at > 0) std::cout << "  \t  or\n";
      for (const ExplainedTest& test : selection.alternatives[at]) {
        std::cout << "  " << word_of(test.truth) << "\t  " << test.asked << "  <-  "
                  << value_of(test) << '\n';
      }
    }
  }
}

void append_test(std::string& out, const ExplainedTest& test) {
  out += "{\"test\":";
  append_json_string(out, test.asked);
  out += ",\"answer\":\"" + std::string{word_of(test.truth)} + "\"";
  if (test.hidden) out += ",\"hidden\":true";
  if (!test.value.empty()) out += ",\"value\":" + test.value;
  out += '}';
}

void tell_json(const Rule& rule, std::span<const FieldSpec> schema, const Explanation& told,
               std::uint32_t line) {
  std::string out = "{\"line\":" + std::to_string(line) + ",\"rule\":\"" + rule.facts.id +
                    "\",\"answer\":\"" + std::string{answer_word(told.answer.truth)} + "\"";
  if (told.answer.truth == Truth::unknown) {
    out += ",\"missing\":\"" + std::string{schema[told.answer.missing].name} + "\"";
  }
  out += ",\"selections\":[";
  std::string_view before;
  for (const ExplainedSelection& selection : told.selections) {
    out += before;
    before = ",";
    out += "{\"name\":";
    append_json_string(out, selection.name);
    out += ",\"answer\":\"" + std::string{word_of(selection.truth)} + "\",\"alternatives\":[";
    for (std::size_t at = 0; at < selection.alternatives.size(); ++at) {
      out += at == 0 ? "[" : ",[";
      for (std::size_t test = 0; test < selection.alternatives[at].size(); ++test) {
        if (test > 0) out += ',';
        append_test(out, selection.alternatives[at][test]);
      }
      out += ']';
    }
    out += "]}";
  }
  std::cout << out << "]}\n";
}

// False: something was complained of.
bool explain_line(const std::vector<Rule>& rules, const ExplainOptions& options,
                  const Placeholders& placeholders, ExplainedCorrelations& correlations,
                  std::uint32_t number, const std::string& text) {
  const auto refuse = [](const std::vector<Complaint>& complaints) {
    for (const Complaint& one : complaints) complain(one);
    return false;
  };
  const auto entries = read_json_record(options.record, number, text);
  if (!entries) return refuse(entries.error());
  for (const Rule& rule : rules) {
    const auto schema = schema_of(rule.facts.category);
    const auto record = InlineRecord::read(options.record, *entries, schema);
    if (!record) return refuse(record.error());
    const auto told = explain_rule(rule, schema, placeholders, record->reader());
    if (!told) return refuse(told.error());
    (options.rules.json ? tell_json : tell)(rule, schema, *told, number);
  }
  return correlations.tell(std::cout, options.record, number, *entries);
}

int explain(const ExplainOptions& options) {
  const auto placeholders = load_regions(options.rules);
  if (!placeholders) return kUsage;
  const auto rules = read_rule_file(options.rules.folder);
  if (!rules) {
    for (const Complaint& one : rules.error()) complain(one);
    return kUsage;
  }
  auto correlations = ExplainedCorrelations::open(options.rules.folder, options.pack, *placeholders,
                                                  options.rules.json);
  if (!correlations) {
    for (const Complaint& one : correlations.error()) complain(one);
    return kUsage;
  }
  std::ifstream file;
  if (options.record != "-") file.open(options.record, std::ios::binary);
  std::istream& lines = options.record == "-" ? std::cin : file;
  if (!lines) {
    complain({options.record, 0, 0, "cannot be read", "give lines of sekimori replay --sessions"});
    return kUsage;
  }
  bool good = true;
  std::uint32_t number = 0;
  std::uint32_t records = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    ++records;
    good = explain_line(*rules, options, *placeholders, *correlations, number, line) && good;
  }
  if (records == 0) complain({options.record, 0, 0, "holds no record", ""});
  return good && records > 0 ? kDone : kUsage;
}

}  // namespace

void add_rules_explain(CLI::App& rules, int& exit_code) {
  const auto options = std::make_shared<ExplainOptions>();
  CLI::App* const command = rules.add_subcommand(
      "explain",
      "Say of records which tests of a rule held, which did not and which are unknown, with the\n"
      "values that they were asked of. Payload is never shown.\n"
      "\n"
      "  sekimori replay --sessions - monday.pcap > monday.ndjson\n"
      "  sekimori rules explain signatures/remote_access/rdp.yml --record monday.ndjson\n"
      "  grep 203.0.113.9 monday.ndjson | sekimori rules explain RULE.yml --record - --json\n"
      "\n"
      "A record of a claim rule has the names that the rule's own tests use. Of a correlation it "
      "is\n"
      "said after each record which group it counts in, how many that makes and whether it holds;\n"
      "give it claims and sessions in the order of their time:\n"
      "\n"
      "  sekimori rules explain signatures/account/many_countries.yml --record claims.ndjson\n"
      "\n"
      "Exit code 1: a rule or a record cannot be read; the others are explained.");
  command->add_option("rule", options->rules.folder, "A file of Sigma rules")->required();
  command->add_option("--record", options->record, "Records as JSON lines; - is standard input")
      ->required();
  command->add_option("--regions", options->rules.regions, "File of the %names% in rules");
  command->add_option("--pack", options->pack,
                      "Folder of the rules that the file's correlations look at; unless told, the "
                      "file alone");
  command->add_flag("--json", options->rules.json, "One JSON object for each rule and record");
  command->callback([options, &exit_code] { exit_code = explain(*options); });
}

}  // namespace sekimori
