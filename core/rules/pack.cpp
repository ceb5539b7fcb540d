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

RulePack::RulePack(std::vector<CompiledRule> rules, std::string hash, const PackSchemas& schemas,
                   LinkedCorrelations linked)
    : rules_{std::move(rules)},
      correlations_{std::move(linked.correlations)},
      rule_uses_(rules_.size()),
      correlation_uses_(correlations_.size()),
      silent_{std::move(linked.silent)},
      hash_{std::move(hash)},
      schemas_{schemas} {
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
  std::sort(silent_.begin(), silent_.end());
  for (std::uint32_t number = 0; number < correlations_.size(); ++number) {
    std::vector<Correlation::Source>& sources = correlations_[number].sources;
    for (std::uint32_t place = 0; place < sources.size(); ++place) {
      Correlation::Source& source = sources[place];
      if (!source.is_correlation) source.number = find_rule(source.id).value_or(0);
      auto& uses = source.is_correlation ? correlation_uses_ : rule_uses_;
      uses[source.number].push_back({number, place});
    }
  }
}

std::optional<std::uint32_t> RulePack::find_rule(std::string_view id) const noexcept {
  const auto found = std::lower_bound(
      rules_.begin(), rules_.end(), id,
      [](const CompiledRule& rule, std::string_view wanted) { return rule.facts().id < wanted; });
  if (found == rules_.end() || found->facts().id != id) return std::nullopt;
  return static_cast<std::uint32_t>(found - rules_.begin());
}

bool RulePack::is_silent(std::string_view id) const noexcept {
  return !id.empty() && std::binary_search(silent_.begin(), silent_.end(), id);
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
