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

std::optional<Placeholders> load_regions(const RulesOptions& options) {
  const auto found = options.regions.empty()
                         ? find_regions(options.folder)
                         : std::optional{std::filesystem::path{options.regions}};
  if (!found) return Placeholders{};
  auto regions = load_placeholders(found->string());
  if (regions) return std::move(*regions);
  for (const Complaint& one : regions.error()) complain(one);
  return std::nullopt;
}

std::optional<RulePack> load_rules(const RulesOptions& options) {
  const auto placeholders = load_regions(options);
  if (!placeholders) return std::nullopt;
  auto pack = load_pack(options.folder, {sensor_fields(), claim_fields()}, *placeholders);
  if (pack) return std::move(*pack);
  for (const Complaint& one : pack.error()) complain(one);
  std::cerr << "sekimori: " << pack.error().size() << " fault"
            << (pack.error().size() == 1 ? "" : "s") << ", so there is no pack\n";
  return std::nullopt;
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
  for (const YamlDocument& document : *documents) {
    auto read = read_sigma(document);
    if (!read) return tl::unexpected{read.error()};
    if (auto* const rule = std::get_if<Rule>(&*read)) rules.push_back(std::move(*rule));
  }
  if (rules.empty()) return refuse("holds no rule", "");
  return rules;
}

std::span<const FieldSpec> schema_of(Category category) {
  return category == Category::session ? sensor_fields() : claim_fields();
}

}  // namespace sekimori
