#include "core/rules/pack.h"

#include <algorithm>
#include <utility>

#include "core/text/yaml_map.h"

namespace sekimori {

std::span<const FieldSpec> PackSchemas::of(Category category) const noexcept {
  switch (category) {
    case Category::session:
      return session;
    case Category::claim:
      return claim;
    case Category::account:
      return {};
  }
  return {};
}

RulePack::RulePack(std::vector<CompiledRule> rules, std::string hash, const PackSchemas& schemas)
    : rules_{std::move(rules)}, hash_{std::move(hash)}, schemas_{schemas} {
  std::sort(rules_.begin(), rules_.end(), [](const CompiledRule& left, const CompiledRule& right) {
    return left.facts().id < right.facts().id;
  });
  std::vector<std::size_t> naming;
  for (std::size_t at = 0; at < rules_.size(); ++at) {
    const RuleFacts& facts = rules_[at].facts();
    by_category_[static_cast<std::size_t>(facts.category)].push_back(at);
    if (facts.names_something() && !facts.in_shadow()) naming.push_back(at);
  }
  auto next = static_cast<RuleUnit>(rules_.size());
  for (std::size_t at = 0; at < indices_.size(); ++at) {
    indices_[at] = RuleIndex{rules_, at < kCategoryCount ? by_category_[at] : naming, next};
    next = indices_[at].end_class();
  }
}

LoadedAll<Placeholders> load_placeholders(const std::string& path) {
  const auto document = read_yaml_file(path);
  if (!document) return tl::unexpected{document.error()};
  std::vector<Complaint> complaints;
  Placeholders placeholders;
  YamlMap top{*document, complaints};
  for (const YamlEntry& region : top.named("regions")) {
    std::vector<std::string>& values = placeholders[region.key];
    if (region.value.kind != YamlKind::list || region.value.items.empty()) {
      top.complain(region.value, "'" + region.key + "': expected a list of values");
      continue;
    }
    for (const YamlNode& item : region.value.items) {
      if (item.kind == YamlKind::scalar) {
        values.push_back(item.text);
      } else {
        top.complain(item, "'" + region.key + "': a value must be text");
      }
    }
  }
  if (placeholders.empty()) top.complain(top.self(), "missing key 'regions'");
  top.finish();
  if (!complaints.empty()) return tl::unexpected{std::move(complaints)};
  return placeholders;
}

}  // namespace sekimori
