#include "cli/rules_pack.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <variant>

#include "cli/shipped_pack.h"
#include "collector/judge/features.h"
#include "core/record/field.h"
#include "core/rules/rule_reader.h"

namespace sekimori {

void complain(const Complaint& complaint) {
  std::cerr << "sekimori: " << complaint.text() << '\n';
}

namespace {

LoadedAll<Placeholders> regions_of(const RulesOptions& options) {
  const auto found = options.regions.empty()
                         ? find_regions(options.folder)
                         : std::optional{std::filesystem::path{options.regions}};
  if (!found) return Placeholders{};
  return load_placeholders(found->string());
}

}  // namespace

std::optional<Placeholders> load_regions(const RulesOptions& options) {
  auto regions = regions_of(options);
  if (regions) return std::move(*regions);
  for (const Complaint& one : regions.error()) complain(one);
  return std::nullopt;
}

LoadedAll<RulePack> try_load_rules(const RulesOptions& options) {
  const auto placeholders = regions_of(options);
  if (!placeholders) return tl::unexpected{placeholders.error()};
  return load_pack(options.folder, {sensor_fields(), claim_fields()}, *placeholders);
}

void complain_of_pack(const std::vector<Complaint>& complaints) {
  for (const Complaint& one : complaints) complain(one);
  std::cerr << "sekimori: " << complaints.size() << " fault" << (complaints.size() == 1 ? "" : "s")
            << ", so there is no pack\n";
}

std::optional<RulePack> load_rules(const RulesOptions& options) {
  auto pack = try_load_rules(options);
  if (pack) return std::move(*pack);
  complain_of_pack(pack.error());
  return std::nullopt;
}

void add_rules_folder(CLI::App& command, RulesOptions& options) {
  command.add_option("dir", options.folder, "Folder of Sigma rules (*.yml), with all below it")
      ->required();
  command.add_option(
      "--regions", options.regions,
      "File of the %names% in rules; else regions.yaml or config/regions.yaml above\n"
      "the folder, the nearest one");
}

LoadedAll<std::vector<Rule>> read_rule_file(const std::string& path) {
  std::ifstream stream{path, std::ios::binary};
  const auto refuse = [&](std::string what, std::string way_out) {
    return tl::unexpected{std::vector{Complaint{path, 0, 0, std::move(what), std::move(way_out)}}};
  };
  if (!stream || std::filesystem::is_directory(path)) {
    return refuse("cannot be read", "name a file of rules (*.yml)");
  }
  const std::string text{std::istreambuf_iterator<char>{stream}, {}};
  const auto documents = read_yaml_documents(path, text);
  if (!documents) return tl::unexpected{documents.error()};
  std::vector<Rule> rules;
  bool correlates = false;
  for (const YamlDocument& document : *documents) {
    auto read = read_sigma(document);
    if (!read) return tl::unexpected{read.error()};
    if (auto* const rule = std::get_if<Rule>(&*read)) rules.push_back(std::move(*rule));
    correlates = correlates || std::holds_alternative<CorrelationRule>(*read);
  }
  if (rules.empty() && !correlates) return refuse("holds no rule", "");
  return rules;
}

std::span<const FieldSpec> schema_of(Category category) {
  return category == Category::session ? sensor_fields() : claim_fields();
}

}  // namespace sekimori
