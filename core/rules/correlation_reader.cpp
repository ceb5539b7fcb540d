#include "core/rules/correlation_reader.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>
#include <utility>

#include "core/rules/rule_extension.h"
#include "core/rules/rule_head.h"
#include "core/text/yaml_map.h"

namespace sekimori {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr YamlWord<CorrelationType> kTypes[] = {
    {"event_count", CorrelationType::event_count},
    {"value_count", CorrelationType::value_count},
    {"temporal", CorrelationType::temporal},
    {"temporal_ordered", CorrelationType::temporal_ordered}};
constexpr std::string_view kMetrics[] = {"value_sum",    "value_avg", "value_percentile",
                                         "value_median", "value_min", "value_max"};
constexpr CountOperator kOperators[] = {CountOperator::gt,  CountOperator::gte, CountOperator::lt,
                                        CountOperator::lte, CountOperator::eq,  CountOperator::neq};

const YamlType<nanoseconds> kTimespan{
    parse_timespan, "a timespan such as 90m: a number with s, m, h, d or w, at most 366d"};
const YamlType<std::uint64_t> kCount{[](std::string_view text) -> std::optional<std::uint64_t> {
                                       const auto count = kYamlCount.parse(text);
                                       return count && *count <= kCountLimit ? count : std::nullopt;
                                     },
                                     "a whole number, 0 to 20000"};

bool is_temporal(CorrelationType type) noexcept {
  return type == CorrelationType::temporal || type == CorrelationType::temporal_ordered;
}

class CorrelationReader {
 public:
  explicit CorrelationReader(const YamlDocument& document) : top_{document, complaints_} {
    rule_.file = document.file;
    rule_.line = document.root.line;
    rule_.facts.category = Category::account;
  }

  LoadedAll<CorrelationRule> read() {
    read_title(top_, rule_.facts);
    rule_.facts.id = top_.optional("id", kUuid, "");
    read_status(top_, rule_.facts);
    read_metadata(top_, rule_.facts);
    read_extension(top_, TestSubject::sequence, rule_.facts, rule_.tests);
    if (!rule_.facts.finding.empty() && !top_.has("id")) {
      top_.complain(top_.self(), "missing key 'id'", "verdicts name the rule behind a finding");
    }
    for (const std::string_view key : {"logsource", "fields"}) {
      if (!top_.has(key)) continue;
      top_.node(key);
      top_.complain(key, "a correlation has none: it belongs to the rules it names");
    }
    YamlMap own = top_.child("correlation");
    const YamlNode* const node = top_.self().find("correlation");
    if (node == nullptr) top_.complain(top_.self(), "missing key 'correlation'");
    if (node == nullptr || node->kind != YamlKind::map) {
      return tl::unexpected{std::move(complaints_)};
    }
    append_canonical(rule_.definition, own.self());
    read_generate(top_);
    read_generate(own);
    read_type(own);
    rule_.rules = names(own, "rules", "a rule", kCorrelationRuleLimit);
    rule_.group_by = names(own, "group-by", "a field", kGroupByLimit);
    rule_.timespan = own.required("timespan", kTimespan);
    read_aliases(own);
    read_condition(own);
    own.finish();
    top_.finish();
    if (!complaints_.empty()) return tl::unexpected{std::move(complaints_)};
    return std::move(rule_);
  }

 private:
  // The specification's page shows it beside `level`, other engines read it under `correlation`.
  void read_generate(YamlMap& map) {
    const auto generate = map.optional("generate", kYamlBool);
    if (!generate) return;
    rule_.generate = *generate;
    rule_.says_generate = true;
  }

  void read_type(YamlMap& own) {
    const YamlNode* const node = own.self().find("type");
    const bool metric =
        node != nullptr && node->kind == YamlKind::scalar &&
        std::find(std::begin(kMetrics), std::end(kMetrics), node->text) != std::end(kMetrics);
    if (!metric) {
      rule_.type = own.required("type", kTypes);
      return;
    }
    own.node("type");
    own.complain(*node, "'" + node->text + "': metrics of values are not supported",
                 "count events or different values instead");
    rule_.type = CorrelationType::value_count;
  }

  // A list of texts, one or more, none twice.
  std::vector<YamlNode> names(YamlMap& own, std::string_view key, std::string_view what,
                              std::size_t limit) {
    const std::string quoted = "'" + std::string{key} + "'";
    std::vector<YamlNode> nodes;
    std::set<std::string_view> known;
    const auto texts = own.list(key, kYamlText);
    const YamlNode* const list = own.self().find(key);
    if (list == nullptr || (list->kind == YamlKind::list && list->items.empty())) {
      own.complain(list == nullptr ? own.self() : *list,
                   "missing key 'correlation." + std::string{key} + "'",
                   "a list with " + std::string{what} + ", or several");
      return nodes;
    }
    for (const YamlNode& item : list->items) {
      if (!known.insert(item.text).second) {
        own.complain(item, quoted + ": '" + item.text + "' stands twice");
      }
      nodes.push_back(item);
    }
    if (nodes.size() > limit) {
      own.complain(*list, quoted + ": more than " + std::to_string(limit));
    }
    return nodes;
  }

  void read_aliases(YamlMap& own) {
    for (const YamlEntry& alias : own.named("aliases")) {
      const bool whole =
          alias.value.kind == YamlKind::map && !alias.value.entries.empty() &&
          std::all_of(alias.value.entries.begin(), alias.value.entries.end(),
                      [](const YamlEntry& one) { return one.value.kind == YamlKind::scalar; });
      if (!whole) {
        own.complain(alias.value, "'aliases." + alias.key + "': expected a map of rules and fields",
                     "write the name of each rule with the field that stands for it");
        continue;
      }
      rule_.aliases.push_back(alias);
    }
  }

  void read_condition(YamlMap& own) {
    const YamlNode* const node = own.self().find("condition");
    const bool temporal = is_temporal(rule_.type);
    if (node == nullptr) {
      own.node("condition");
      if (!temporal) {
        own.complain(own.self(), "missing key 'correlation.condition'",
                     "say how many, such as 'gte: 10'");
      }
      if (rule_.rules.size() < 2 && temporal) too_few(own);
      rule_.condition = {{CountOperator::gte, rule_.rules.size()}};
      return;
    }
    if (node->kind != YamlKind::map) {
      own.node("condition");
      own.complain(*node, "'correlation.condition': expected a map such as {gte: 10}",
                   "conditions over the names of rules are not in Sigma 2.1");
      return;
    }
    YamlMap condition = own.child("condition");
    for (const CountOperator compare : kOperators) {
      const auto number = condition.optional(word_of(compare), kCount);
      if (number) rule_.condition.push_back({compare, *number});
    }
    read_counted(condition);
    condition.finish();
    if (temporal && rule_.rules.size() < 2) too_few(own);
    check_counts(condition);
  }

  void too_few(YamlMap& own) {
    if (rule_.rules.empty()) return;  // said already
    own.complain("rules", "a temporal correlation is of two rules or more");
  }

  void read_counted(YamlMap& condition) {
    const YamlNode* const field = condition.node("field");
    if (rule_.type != CorrelationType::value_count) {
      if (field != nullptr)
        condition.complain("field", "only value_count counts values of a field");
      return;
    }
    if (field == nullptr) {
      condition.complain(condition.self(), "missing key 'correlation.condition.field'",
                         "name the field whose different values are counted");
      return;
    }
    const auto items =
        field->kind == YamlKind::list ? std::span{field->items} : std::span{field, 1};
    for (const YamlNode& item : items) {
      if (item.kind != YamlKind::scalar || item.text.empty()) {
        condition.complain(item,
                           "'correlation.condition.field': expected a field or a list of them");
        return;
      }
      rule_.counted.push_back(item);
    }
    if (rule_.counted.empty() || rule_.counted.size() > kGroupByLimit) {
      condition.complain("field", "'correlation.condition.field': one field, at most 8");
    }
  }

  // Counts begin at 1, since a group is asked when an event comes; temporal ones end at the rules.
  void check_counts(YamlMap& condition) {
    const std::vector<CountTest>& tests = rule_.condition;
    if (tests.empty()) {
      if (!complaints_.empty()) return;
      condition.complain(condition.self(), "'correlation.condition': no count to compare with",
                         "write one of gt, gte, lt, lte, eq, neq");
      return;
    }
    if (tests.size() > 2) {
      condition.complain(condition.self(), "'correlation.condition': more than two comparisons",
                         "a range is two, such as {gt: 100, lte: 200}");
      return;
    }
    const std::uint64_t most = is_temporal(rule_.type) ? rule_.rules.size() : kCountLimit + 1;
    const auto possible = [&](std::uint64_t count) {
      return count >= 1 && count <= most && count_holds(tests, count);
    };
    bool any = possible(1);
    for (const CountTest& test : tests) {
      any = any || possible(test.number) || possible(test.number + 1) ||
            (test.number > 0 && possible(test.number - 1));
    }
    if (any) return;
    condition.complain(
        condition.self(), "'correlation.condition': " + count_words(tests) + " can never hold",
        is_temporal(rule_.type) ? "the count is of different rules, from 1 to as many as are named"
                                : "a count begins at 1: a group without events is never asked");
  }

  std::vector<Complaint> complaints_;
  YamlMap top_;
  CorrelationRule rule_;
};

}  // namespace

std::optional<nanoseconds> parse_timespan(std::string_view text) noexcept {
  struct Unit {
    char letter;
    nanoseconds length;
  };
  constexpr Unit kUnits[] = {{'s', seconds{1}},
                             {'m', minutes{1}},
                             {'h', hours{1}},
                             {'d', hours{24}},
                             {'w', hours{24 * 7}}};
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr + 1 != end || number == 0) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (*parsed.ptr != unit.letter) continue;
    if (number > kTimespanLimit / unit.length) return std::nullopt;
    return number * unit.length;
  }
  return std::nullopt;
}

void append_canonical(std::string& out, const YamlNode& node) {
  const auto append_text = [&out](std::string_view text) {
    out += std::to_string(text.size()) + ":";
    out += text;
  };
  switch (node.kind) {
    case YamlKind::null:
      out += '~';
      break;
    case YamlKind::scalar:
      append_text(node.text);
      break;
    case YamlKind::list:
      out += '[';
      for (const YamlNode& item : node.items) append_canonical(out, item);
      out += ']';
      break;
    case YamlKind::map:
      out += '{';
      for (const YamlEntry& entry : node.entries) {
        append_text(entry.key);
        append_canonical(out, entry.value);
      }
      out += '}';
      break;
  }
}

LoadedAll<CorrelationRule> read_correlation(const YamlDocument& document) {
  return CorrelationReader{document}.read();
}

}  // namespace sekimori
