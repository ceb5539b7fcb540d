#include "core/rules/selection_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/rules/modifier.h"

namespace sekimori {
namespace {

constexpr std::array<std::string_view, 8> kReserved{"and", "or",   "not",  "of",
                                                    "all", "them", "near", "by"};

class SelectionReader {
 public:
  SelectionReader(YamlMap& detection, std::vector<Complaint>& complaints)
      : file_{detection.file()}, complaints_{complaints} {}

  Selection selection(const YamlEntry& entry) {
    check_name(entry);
    Selection selection{entry.key, {}};
    if (entry.value.kind == YamlKind::map) {
      selection.alternatives.push_back(matches(entry.value));
    } else if (entry.value.kind == YamlKind::list) {
      if (entry.value.items.empty()) complain(entry.value, "an empty list matches nothing");
      read_list(entry.value, selection);
    } else {
      complain(entry.value, "selection '" + entry.key + "' is neither a map nor a list of maps",
               "name the field: 'field: value'");
    }
    return selection;
  }

  // Maps, of which one is enough, and keywords, of which one is enough too.
  void read_list(const YamlNode& list, Selection& selection) {
    FieldMatch keywords;
    for (const YamlNode& item : list.items) {
      if (item.kind == YamlKind::map) {
        selection.alternatives.push_back(matches(item));
      } else if (item.kind == YamlKind::scalar && !item.text.empty()) {
        keywords.values.push_back(item);
      } else {
        complain(item, "expected a map, or a keyword");
      }
    }
    if (keywords.values.empty()) return;
    keywords.is_list = true;
    keywords.line = keywords.values.front().line;
    keywords.column = keywords.values.front().column;
    selection.alternatives.push_back({std::move(keywords)});
  }

  // The condition, or several that are joined by "or".
  std::optional<Condition> condition(const YamlNode& node, const std::vector<std::string>& names) {
    if (node.kind == YamlKind::scalar) return one_condition(node, names);
    if (node.kind != YamlKind::list || node.items.empty()) {
      complain(node, "expected a condition over the selections");
      return std::nullopt;
    }
    Condition any{Condition::Kind::any, 0, {}};
    for (const YamlNode& item : node.items) {
      if (auto part = one_condition(item, names)) any.parts.push_back(std::move(*part));
    }
    return any;
  }

 private:
  void complain(std::uint32_t line, std::uint32_t column, std::string what,
                std::string way_out = {}) {
    complaints_.push_back({file_, line, column, std::move(what), std::move(way_out)});
  }
  void complain(const YamlNode& at, std::string what, std::string way_out = {}) {
    complain(at.line, at.column, std::move(what), std::move(way_out));
  }

  void check_name(const YamlEntry& entry) {
    constexpr std::string_view kLetters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const std::string_view name = entry.key;
    if (name == "timeframe") {
      complain(entry.line, entry.column, "'timeframe' is not supported",
               "Sigma 2 has correlation rules");
    } else if (name.empty() || name.find_first_not_of(kLetters) != std::string_view::npos ||
               std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
      complain(entry.line, entry.column, "'" + entry.key + "' cannot name a selection",
               "use letters, digits, '_' and '-'");
    }
  }

  std::vector<FieldMatch> matches(const YamlNode& map) {
    std::vector<FieldMatch> all;
    if (map.entries.empty()) complain(map, "an empty map matches nothing");
    for (const YamlEntry& entry : map.entries) all.push_back(match(entry));
    return all;
  }

  FieldMatch match(const YamlEntry& entry) {
    FieldMatch match;
    match.line = entry.line;
    match.column = entry.column;
    std::string_view rest = entry.key;
    const std::size_t bar = std::min(rest.find('|'), rest.size());
    match.field = rest.substr(0, bar);
    if (entry.key.empty()) complain(entry.line, entry.column, "a field without a name");
    read_modifiers(rest.substr(bar), entry, match);
    read_values(entry, match);
    return match;
  }

  void read_modifiers(std::string_view rest, const YamlEntry& entry, FieldMatch& match) {
    while (!rest.empty()) {
      rest.remove_prefix(1);
      const std::size_t bar = std::min(rest.find('|'), rest.size());
      const std::string_view word = rest.substr(0, bar);
      rest = rest.substr(bar);
      const auto modifier = modifier_of(word);
      if (!modifier) {
        const std::string_view nearest = nearest_name(word, modifier_words());
        complain(entry.line, entry.column, "unknown modifier '" + std::string{word} + "'",
                 nearest.empty() ? "" : "did you mean '" + std::string{nearest} + "'?");
      } else if (std::find(match.modifiers.begin(), match.modifiers.end(), *modifier) !=
                 match.modifiers.end()) {
        complain(entry.line, entry.column, "modifier '" + std::string{word} + "' twice");
      } else {
        match.modifiers.push_back(*modifier);
      }
    }
  }

  void read_values(const YamlEntry& entry, FieldMatch& match) {
    const YamlNode& value = entry.value;
    match.is_list = value.kind == YamlKind::list;
    if (value.kind == YamlKind::map) {
      complain(value, "'" + entry.key + "': expected a value or a list of values, not a map",
               "write nested names with dots: 'client.ip'");
      return;
    }
    if (!match.is_list) {
      match.values.push_back(value);
      return;
    }
    if (value.items.empty()) complain(value, "'" + entry.key + "': an empty list matches nothing");
    for (const YamlNode& item : value.items) {
      if (item.kind == YamlKind::scalar || item.kind == YamlKind::null) {
        match.values.push_back(item);
      } else {
        complain(item, "'" + entry.key + "': a value must be text, a number or null");
      }
    }
  }

  std::optional<Condition> one_condition(const YamlNode& node,
                                         const std::vector<std::string>& names) {
    if (node.kind != YamlKind::scalar) {
      complain(node, "expected a condition over the selections");
      return std::nullopt;
    }
    auto condition = parse_condition(node.text, names);
    if (condition) return std::move(*condition);
    // Exact while the condition stands on one line, as nearly all do.
    const auto offset = static_cast<std::uint32_t>(condition.error().offset);
    complain(node.line, node.column + offset + (node.quoted ? 1 : 0),
             "condition: " + condition.error().what, condition.error().way_out);
    return std::nullopt;
  }

  std::string file_;
  std::vector<Complaint>& complaints_;
};

void mark_used(const Condition& condition, std::vector<bool>& used) {
  if (condition.kind == Condition::Kind::selection) used[condition.selection] = true;
  for (const Condition& part : condition.parts) mark_used(part, used);
}

}  // namespace

void read_detection(YamlMap& detection, std::vector<std::string_view> beside,
                    std::vector<Selection>& selections, Condition& condition,
                    std::vector<Complaint>& complaints) {
  beside.push_back("condition");
  SelectionReader reader{detection, complaints};
  std::vector<std::string> names;
  std::vector<const YamlEntry*> entries;
  for (const YamlEntry& entry : detection.self().entries) {
    if (std::find(beside.begin(), beside.end(), entry.key) != beside.end()) continue;
    selections.push_back(reader.selection(entry));
    names.push_back(entry.key);
    entries.push_back(&entry);
  }
  const std::string path = "'" + std::string{detection.path()};
  if (names.empty()) detection.complain(detection.self(), path + "': no selection");
  const YamlNode* node = detection.node("condition");
  if (node == nullptr) {
    detection.complain(detection.self(), "missing key " + path + ".condition'");
    return;
  }
  auto read = reader.condition(*node, names);
  if (!read) return;
  std::vector<bool> used(names.size(), false);
  mark_used(*read, used);
  for (std::size_t at = 0; at < used.size(); ++at) {
    if (used[at]) continue;
    complaints.push_back({std::string{detection.file()}, entries[at]->line, entries[at]->column,
                          "no condition uses selection '" + names[at] + "'", "remove it"});
  }
  condition = std::move(*read);
}

}  // namespace sekimori
