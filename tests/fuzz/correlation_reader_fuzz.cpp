#include "core/rules/correlation_reader.h"

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "core/rules/compile.h"
#include "core/rules/rule_reader.h"
#include "core/rules/sequence.h"

namespace {

using namespace sekimori;

const Placeholders kNone;
const PackSchemas kSchemas{session_fields(), session_fields()};

void told(const std::vector<Complaint>& complaints) {
  if (complaints.empty()) std::abort();
  for (const Complaint& one : complaints) {
    if (!one.text().starts_with("r.yml")) std::abort();
    if (one.text().find('\n') != std::string::npos) std::abort();
  }
}

// Sessions of a minute: some alike, one that is told twice, one of which little is known.
void observe(std::shared_ptr<const RulePack> pack) {
  Correlator correlator{pack, {.events = 5, .group_events = 3}};
  std::vector<std::uint32_t> all;
  for (std::uint32_t rule = 0; rule < pack->rules().size(); ++rule) all.push_back(rule);
  for (int at = 0; at < 12; ++at) {
    SessionRecord record;
    record.start = record.end = Timestamp{std::chrono::seconds{1'711'411'200 + (at * 7) % 60}};
    if (at != 5) record.client.ip = *IpAddress::parse(at % 3 == 0 ? "192.0.2.7" : "192.0.2.8");
    record.client.port = static_cast<std::uint16_t>(at);
    const std::string id = "e" + std::to_string(at % 10);
    const Category category = at % 2 == 0 ? Category::session : Category::claim;
    for (const CorrelationStep& step : correlator.observe(
             {category, id, record.start, record.end, session_reader(record), all})) {
      const Correlation& one = pack->correlations()[step.correlation];
      if (step.truth == Truth::yes && !count_holds(one.condition, step.count)) std::abort();
      if (step.truth == Truth::unknown && step.missing.empty()) std::abort();
      if (step.truth != Truth::unknown && step.last - step.first > one.timespan) std::abort();
    }
    // Of each correlation the limit is the limit.
    if (correlator.events() > 5) std::abort();
  }
  run_sequence_tests(*pack);
  correlator.replace(std::make_shared<const RulePack>());
  if (correlator.events() != 0) std::abort();
}

}  // namespace

// What reads and links counts events within its limits and says what is true of its own numbers;
// the rest is refused in one line with the file's name. The canonical text is the same when read
// again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto documents = read_yaml_documents("r.yml", text);
  if (!documents) return 0;
  std::vector<Complaint> complaints;
  std::vector<Rule> rules;
  std::vector<CorrelationRule> correlations;
  RuleNames names{complaints};
  for (const YamlDocument& document : *documents) {
    auto read = read_sigma(document);
    if (!read) {
      told(read.error());
    } else if (auto* const rule = std::get_if<Rule>(&*read)) {
      names.add(rule->facts, rule->file, RuleNames::Kind::rule, rules.size());
      rules.push_back(std::move(*rule));
    } else if (auto* const correlation = std::get_if<CorrelationRule>(&*read)) {
      names.add(correlation->facts, correlation->file, RuleNames::Kind::correlation,
                correlations.size());
      correlations.push_back(std::move(*correlation));
    }
  }
  auto linked = link_correlations(correlations, rules, names, kSchemas, "", complaints);
  std::vector<CompiledRule> compiled;
  for (const Rule& rule : rules) {
    if (rule.facts.category == Category::account) return 0;
    auto one = compile_rule(rule, session_fields(), kNone);
    if (!one) return 0;
    compiled.push_back(std::move(*one));
  }
  if (!complaints.empty()) {
    told(complaints);
    return 0;
  }
  observe(std::make_shared<const RulePack>(std::move(compiled), "", kSchemas, std::move(linked)));
  return 0;
}
