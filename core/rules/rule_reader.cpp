#include "core/rules/rule_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/rules/selection_reader.h"
#include "core/text/yaml_map.h"

namespace sekimori {
namespace {

// Sigma's own keys that this engine does not have, and why.
struct Unsupported {
  std::string_view key;
  std::string_view why;
};
constexpr std::array<Unsupported, 9> kUnsupported{
    {{"correlation", "correlation rules are not supported"},
     {"filter", "filters are not supported"},
     {"action", "rule collections are not supported"},
     {"related", "links to other rules are not supported"},
     {"taxonomy", "only the names of the session record are supported"},
     {"scope", "scopes are not supported"},
     {"license", "a rule has the licence of its pack"},
     {"name", "names for correlations are not supported"},
     {"custom", "attributes of one's own are not supported: use 'sekimori'"}}};

constexpr YamlWord<RuleStatus> kStatuses[] = {{"stable", RuleStatus::stable},
                                              {"test", RuleStatus::test},
                                              {"experimental", RuleStatus::experimental},
                                              {"deprecated", RuleStatus::deprecated},
                                              {"unsupported", RuleStatus::unsupported}};
constexpr YamlWord<Category> kCategories[] = {
    {"session", Category::session}, {"claim", Category::claim}, {"account", Category::account}};
constexpr YamlWord<Expectation> kExpectations[] = {{"match", Expectation::match},
                                                   {"no_match", Expectation::no_match},
                                                   {"undecided", Expectation::undecided}};
// Words that are kept as they are.
constexpr YamlWord<std::string_view> kProducts[] = {{"sekimori", "sekimori"}};
constexpr YamlWord<std::string_view> kLevels[] = {{"informational", "informational"},
                                                  {"low", "low"},
                                                  {"medium", "medium"},
                                                  {"high", "high"},
                                                  {"critical", "critical"}};
constexpr YamlWord<std::string_view> kFindings[] = {
    {"consistent", "consistent"},           {"foreign_direct", "foreign_direct"},
    {"relay_exit", "relay_exit"},           {"vpn_exit_suspect", "vpn_exit_suspect"},
    {"anonymizer", "anonymizer"},           {"geoip_contradicted", "geoip_contradicted"},
    {"endpoint_nearby", "endpoint_nearby"}, {"insufficient", "insufficient"}};
constexpr YamlWord<std::string_view> kMismatches[] = {{"contradicted", "contradicted"},
                                                      {"doubtful", "doubtful"},
                                                      {"fits", "fits"},
                                                      {"unknown", "unknown"}};
// Independent groups of evidence: within one, only the strongest counts in full.
constexpr YamlWord<std::string_view> kGroups[] = {
    {"geo", "geo"},         {"path", "path"},         {"churn", "churn"},
    {"sharing", "sharing"}, {"schedule", "schedule"}, {"identity", "identity"}};

bool all_of(std::string_view text, std::string_view letters) noexcept {
  return text.find_first_not_of(letters) == std::string_view::npos;
}

constexpr std::string_view kDigits = "0123456789";

const YamlType<std::string> kTitle{[](std::string_view text) -> std::optional<std::string> {
                                     constexpr std::size_t kLongest =
                                         96;  // bytes: as much as a session record carries
                                     if (text.empty() || text.size() > kLongest)
                                       return std::nullopt;
                                     return std::string{text};
                                   },
                                   "a title of at most 96 bytes"};
// RFC 9562, section 4.
const YamlType<std::string> kUuid{
    [](std::string_view text) -> std::optional<std::string> {
      if (text.size() != 36) return std::nullopt;
      std::string uuid{text};
      for (std::size_t at = 0; at < uuid.size(); ++at) {
        const bool hyphen = at == 8 || at == 13 || at == 18 || at == 23;
        if (uuid[at] >= 'A' && uuid[at] <= 'F') uuid[at] = static_cast<char>(uuid[at] - 'A' + 'a');
        if (hyphen ? uuid[at] != '-' : !all_of({&uuid[at], 1}, "0123456789abcdef")) {
          return std::nullopt;
        }
      }
      return uuid;
    },
    "a UUID such as those of 'uuidgen'"};
const YamlType<std::string> kDate{
    [](std::string_view text) -> std::optional<std::string> {
      const bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-' &&
                          all_of(text.substr(0, 4), kDigits) &&
                          all_of(text.substr(5, 2), kDigits) && all_of(text.substr(8), kDigits);
      if (!shaped || text.substr(5, 2) > "12" || text.substr(8) > "31") return std::nullopt;
      return std::string{text};
    },
    "a date such as 2024-03-26"};
const YamlType<std::string> kTag{
    [](std::string_view text) -> std::optional<std::string> {
      const std::size_t dot = text.find('.');
      const bool shaped = dot != 0 && dot != std::string_view::npos && !text.ends_with('.') &&
                          all_of(text, "abcdefghijklmnopqrstuvwxyz0123456789_-.");
      return shaped ? std::optional{std::string{text}} : std::nullopt;
    },
    "a tag with its namespace, such as attack.t1090"};
// A wider range would let one kind of evidence alone accuse a person.
const YamlType<double> kWeight{[](std::string_view text) -> std::optional<double> {
                                 const auto value = kYamlReal.parse(text);
                                 return value && *value >= -4.0 && *value <= 4.5 ? value
                                                                                 : std::nullopt;
                               },
                               "log-odds from -4 to 4.5"};

void read_metadata(YamlMap& top, Rule& rule) {
  RuleFacts& facts = rule.facts;
  facts.title = top.required("title", kTitle);
  facts.id = top.required("id", kUuid);
  facts.status = top.required("status", kStatuses);
  facts.level = top.required("level", kLevels);
  top.optional("description", kYamlText);
  top.list("references", kYamlText);
  top.optional("author", kYamlText);
  top.optional("date", kDate);
  top.optional("modified", kDate);
  top.list("tags", kTag);
  top.list("falsepositives", kYamlText);
  if (top.list("fields", kYamlText).size() > 0) rule.fields = top.self().find("fields")->items;
  for (const Unsupported& one : kUnsupported) {
    if (top.has(one.key)) {
      top.node(one.key);
      top.complain(one.key, std::string{one.why});
    }
  }
  YamlMap logsource = top.child("logsource");
  logsource.required("product", kProducts);
  facts.category = logsource.required("category", kCategories);
  logsource.finish();
}

RuleTest read_test(YamlMap& map) {
  RuleTest test;
  test.line = map.self().line;
  test.name = map.required("name", kYamlText);
  const auto record = map.named("record");
  test.record.assign(record.begin(), record.end());
  test.expectation = map.required("expect", kExpectations);
  map.finish();
  return test;
}

void read_extension(YamlMap& top, Rule& rule) {
  if (!top.has("sekimori")) {
    top.child("sekimori");
    return;
  }
  RuleFacts& facts = rule.facts;
  YamlMap own = top.child("sekimori");
  YamlMap names = own.child("names");
  facts.protocol = names.optional("protocol", kYamlText, "");
  facts.remote_access = names.optional("remote_access", kYamlText, "");
  facts.tunnel = names.optional("tunnel", kYamlText, "");
  facts.application = names.optional("application", kYamlText, "");
  names.finish();
  facts.finding = own.optional("finding", kFindings, "");
  facts.mismatch = own.optional("mismatch", kMismatches, "");
  facts.group = own.optional("group", kGroups, "");
  facts.weight = own.optional("weight", kWeight, 0.0);
  if (!facts.mismatch.empty() && facts.category != Category::claim) {
    own.complain("mismatch", "only a rule of category claim can say this");
  }
  if (facts.category != Category::session && own.has("names")) {
    own.complain("names", "only a rule of category session names sessions");
  }
  if (own.has("weight") && facts.group.empty()) {
    own.complain("weight", "evidence is weighed within a group", "add 'group'");
  }
  for (YamlMap& test : own.children("tests")) rule.tests.push_back(read_test(test));
  own.finish();
}

}  // namespace

LoadedAll<Rule> read_rule(const YamlDocument& document) {
  std::vector<Complaint> complaints;
  Rule rule;
  rule.file = document.file;
  if (document.root.kind == YamlKind::null) {
    return tl::unexpected{std::vector{Complaint{document.file, 0, 0, "holds no rule", ""}}};
  }
  YamlMap top{document, complaints};
  read_metadata(top, rule);
  read_extension(top, rule);
  if (top.has("detection")) {
    YamlMap detection = top.child("detection");
    if (!detection.self().entries.empty()) read_detection(detection, rule, complaints);
  } else if (!top.has("correlation") && !top.has("filter")) {
    top.complain(top.self(), "missing key 'detection'");
  }
  top.finish();
  if (!complaints.empty()) return tl::unexpected{std::move(complaints)};
  return rule;
}

}  // namespace sekimori
