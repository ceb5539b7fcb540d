#include "core/rules/rule_extension.h"

#include <optional>
#include <string>
#include <string_view>

#include "core/record/session_record.h"

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
// A correlation is about an account or an address over time, which has words of its own.
constexpr YamlWord<std::string_view> kFindingsOverTime[] = {
    {"consistent", "consistent"},
    {"foreign_direct", "foreign_direct"},
    {"relay_exit", "relay_exit"},
    {"vpn_exit_suspect", "vpn_exit_suspect"},
    {"anonymizer", "anonymizer"},
    {"geoip_contradicted", "geoip_contradicted"},
    {"endpoint_nearby", "endpoint_nearby"},
    {"insufficient", "insufficient"},
    {"many_accounts", "many_accounts"},
    {"many_places", "many_places"},
    {"remote_controlled", "remote_controlled"}};
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

// Records one after the other; `count` of them must be where the correlation holds.
RuleTest read_sequence(YamlMap& map) {
  RuleTest test;
  test.line = map.self().line;
  test.name = map.required("name", kYamlText);
  for (YamlMap& record : map.children("records")) {
    const YamlNode& node = record.self();
    if (node.kind == YamlKind::map && !node.entries.empty()) {
      test.sequence.push_back(node);
    } else {
      map.complain(node, "'records': a record is a map of fields and values");
    }
  }
  if (!map.has("records")) {
    map.complain(map.self(), "'" + test.name + "': no records to test with",
                 "write 'records', a list of maps with fields and values");
  }
  test.count = map.optional("count", kYamlCount);
  test.expectation = map.required("expect", kExpectations);
  if (test.count && test.expectation != Expectation::match) {
    map.complain("count", "says how many records complete the correlation, so 'expect' is match");
  }
  map.finish();
  return test;
}

}  // namespace

void read_extension(YamlMap& top, TestSubject subject, RuleFacts& facts,
                    std::vector<RuleTest>& tests) {
  if (!top.has("sekimori")) {
    top.child("sekimori");
    return;
  }
  YamlMap own = top.child("sekimori");
  YamlMap names = own.child("names");
  facts.protocol = names.optional("protocol", kProtocol, "");
  facts.remote_access = names.optional("remote_access", kSessionName, "");
  facts.tunnel = names.optional("tunnel", kSessionName, "");
  facts.application = names.optional("application", kSessionName, "");
  names.finish();
  facts.finding = subject == TestSubject::record ? own.optional("finding", kFindings, "")
                                                 : own.optional("finding", kFindingsOverTime, "");
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
  for (YamlMap& test : own.children("tests")) {
    tests.push_back(subject == TestSubject::record ? read_test(test) : read_sequence(test));
  }
  own.finish();
}

}  // namespace sekimori
