#include "core/rules/rule_names.h"

#include <utility>

#include "core/rules/rule_head.h"

namespace sekimori {

void RuleNames::add(const RuleFacts& facts, const std::string& file, Kind kind, std::size_t index) {
  for (const auto& [word, way_out] : {std::pair{facts.id, "make another with 'uuidgen'"},
                                      std::pair{facts.name, "choose another"}}) {
    if (word.empty()) continue;
    const auto [known, fresh] = known_.emplace(word, Named{file, kind, index});
    if (fresh) continue;
    complaints_.push_back({file, 0, 0,
                           (word == facts.id ? "id " : "name ") + word + " stands in " +
                               known->second.file +
                               (known->second.file == file ? " twice" : " too"),
                           way_out});
  }
}

const RuleNames::Named* RuleNames::find(const std::string& file, const YamlNode& word) {
  std::string wanted = word.text;
  if (const auto id = kUuid.parse(wanted)) wanted = *id;
  const auto known = known_.find(wanted);
  if (known != known_.end() && known->second.kind != Kind::filter) return &known->second;
  std::vector<std::string_view> words;
  for (const auto& [one, of] : known_) {
    if (of.kind != Kind::filter) words.push_back(one);
  }
  const std::string_view nearest = nearest_name(wanted, words);
  complaints_.push_back({file, word.line, word.column,
                         "no rule has the id or name '" + word.text + "'",
                         nearest.empty() ? "" : "did you mean '" + std::string{nearest} + "'?"});
  return nullptr;
}

}  // namespace sekimori
