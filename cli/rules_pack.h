#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "core/rules/pack.h"
#include "core/rules/rule.h"
#include "core/text/complaint.h"

namespace sekimori {

// What the subcommands of `sekimori rules` read their rules with.
struct RulesOptions {
  std::string folder;   // of rules, or a file of them where the subcommand says so
  std::string regions;  // file of the %names%; empty: the nearest one
  bool json = false;
  bool strict = false;  // of check: a warning is a failure
};

void complain(const Complaint& complaint);

// %names% of the file that is given, else of the nearest above the rules; complains itself.
std::optional<Placeholders> load_regions(const RulesOptions& options);

// Both categories, so that a rule of either is checked to its last field.
LoadedAll<RulePack> try_load_rules(const RulesOptions& options);
void complain_of_pack(const std::vector<Complaint>& complaints);
// The same, complaining of everything.
std::optional<RulePack> load_rules(const RulesOptions& options);

// The options by which a subcommand is told its rules.
void add_rules_folder(CLI::App& command, RulesOptions& options);

// The rules of one file, as they were written; none where it holds correlations alone.
LoadedAll<std::vector<Rule>> read_rule_file(const std::string& path);

// "fields of a session" for a session, those of a claim otherwise.
std::span<const FieldSpec> schema_of(Category category);

}  // namespace sekimori
