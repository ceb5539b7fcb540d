#include "core/rules/rule_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/record/session_record.h"
#include "core/rules/rule_head.h"
#include "core/rules/selection_reader.h"
#include "core/text/yaml_map.h"

namespace sekimori {
namespace {

constexpr YamlWord<Expectation> kExpectations[] = {{"match", Expectation::match},
                                                   {"no_match", Expectation::no_match},
                                                   {"undecided", Expectation::undecided}};
// Words that are kept as they are.
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

// No longer than the place for it in a session record.
template <typename Place>
std::optional<std::string> fitting(std::string_view text) {
  const bool fits = !text.empty() && text.size() <= Place::capacity();
  return fits ? std::optional{std::string{text}} : std::nullopt;
}
const YamlType<std::string> kProtocol{fitting<decltype(SessionRecord::network_protocol)>,
                                      "a name of at most 24 bytes"};
const YamlType<std::string> kSessionName{fitting<decltype(SessionRecord::tunnel)>,
                                         "a name of at most 32 bytes"};

// A wider range would let one kind of evidence alone accuse a person.
const YamlType<double> kWeight{[](std::string_view text) -> std::optional<double> {
                                 const auto value = kYamlReal.parse(text);
                                 return value && *value >= -4.0 && *value <= 4.5 ? value
                                                                                 : std::nullopt;
                               },
                               "log-odds from -4 to 4.5"};

RuleTest read_test(YamlMap& map) {
  RuleTest test;
  test.line = map.self().line;
  test.name = map.required("name", kYamlText);
  test.capture = map.optional("capture", kYamlText, "");
  const auto record = map.named("record");
  test.record.assign(record.begin(), record.end());
  const auto where = map.named("where");
  test.where.assign(where.begin(), where.end());
  test.count = map.optional("count", kYamlCount);
  test.expectation = map.required("expect", kExpectations);
  if (test.capture.empty() && !map.has("record") && !map.has("capture")) {
    map.complain(map.self(), "'" + test.name + "': no record to test with",
                 "write 'record' with fields, or 'capture' with a file");
  }
  if (map.has("capture") && map.has("record")) {
    map.complain("record", "a test has a record or a capture, not both");
  }
  for (const std::string_view key : {"where", "count"}) {
    if (map.has(key) && !map.has("capture")) map.complain(key, "belongs to a capture");
  }
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
  facts.protocol = names.optional("protocol", kProtocol, "");
  facts.remote_access = names.optional("remote_access", kSessionName, "");
  facts.tunnel = names.optional("tunnel", kSessionName, "");
  facts.application = names.optional("application", kSessionName, "");
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
  rule.line = document.root.line;
  if (document.root.kind == YamlKind::null) {
    return tl::unexpected{std::vector{Complaint{document.file, 0, 0, "holds no rule", ""}}};
  }
  YamlMap top{document, complaints};
  read_title(top, rule.facts);
  rule.facts.id = top.required("id", kUuid);
  read_status(top, rule.facts);
  read_metadata(top);
  if (top.list("fields", kYamlText).size() > 0) rule.fields = top.self().find("fields")->items;
  read_logsource(top, rule.facts);
  read_extension(top, rule);
  if (top.has("detection")) {
    YamlMap detection = top.child("detection");
    if (!detection.self().entries.empty()) {
      read_detection(detection, {}, rule.selections, rule.condition, complaints);
    }
  } else {
    top.complain(top.self(), "missing key 'detection'");
  }
  top.finish();
  if (!complaints.empty()) return tl::unexpected{std::move(complaints)};
  return rule;
}

LoadedAll<RuleFilter> read_filter(const YamlDocument& document) {
  std::vector<Complaint> complaints;
  RuleFilter filter;
  filter.file = document.file;
  YamlMap top{document, complaints};
  read_title(top, filter.facts);
  filter.facts.id = top.optional("id", kUuid, "");
  read_metadata(top);
  for (const std::string_view key : {"status", "level"}) {
    if (!top.has(key)) continue;
    top.node(key);
    top.complain(key, "a filter has none: it belongs to the rules it names");
  }
  read_logsource(top, filter.facts);
  YamlMap exception = top.child("filter");
  if (exception.list("rules", kYamlText).size() > 0) {
    filter.rules = exception.self().find("rules")->items;
  } else {
    exception.complain(exception.self(), "'filter.rules': name the rules it is for");
  }
  read_detection(exception, {"rules"}, filter.selections, filter.condition, complaints);
  if (filter.condition.kind == Condition::Kind::negation) {
    exception.complain("condition", "says what is taken out of the rules, and this would keep it",
                       "leave the outer 'not' away");
  }
  top.finish();
  if (!complaints.empty()) return tl::unexpected{std::move(complaints)};
  return filter;
}

LoadedAll<SigmaDocument> read_sigma(const YamlDocument& document) {
  const auto as_document = [](auto read) -> LoadedAll<SigmaDocument> {
    if (!read) return tl::unexpected{std::move(read.error())};
    return SigmaDocument{std::move(*read)};
  };
  if (const YamlNode* node = document.root.find("correlation")) {
    return tl::unexpected{std::vector{Complaint{document.file, node->line, node->column,
                                                "correlation rules are not supported", ""}}};
  }
  if (document.root.find("filter") != nullptr) return as_document(read_filter(document));
  return as_document(read_rule(document));
}

}  // namespace sekimori
