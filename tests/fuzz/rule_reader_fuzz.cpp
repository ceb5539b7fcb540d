#include <cstdint>
#include <cstdlib>

#include "core/rules/compile.h"
#include "core/rules/inline_record.h"
#include "core/rules/rule_matcher.h"
#include "core/rules/rule_reader.h"

namespace {

using namespace sekimori;

const Placeholders kPlaceholders{{"sea", {"VN", "PH"}}};

FieldValue nothing(const void*, FieldId, FieldScratch&) noexcept {
  return {};
}

// A session of which much is known, in values that seeds ask for.
const SessionRecord& known() {
  static const SessionRecord record = [] {
    SessionRecord made;
    made.protocol = 6;
    made.client.ip = *IpAddress::parse("192.0.2.7");
    made.client.port = 50123;
    made.server.port = 443;
    made.tls.server_name.assign("www.example.com");
    made.tls.alpn.push_back(AlpnName{"h2"});
    made.client.geo.country = *CountryCode::parse("VN");
    return made;
  }();
  return record;
}

void told(const std::vector<Complaint>& complaints) {
  if (complaints.empty()) std::abort();
  for (const Complaint& one : complaints) {
    if (!one.text().starts_with("r.yml")) std::abort();
    if (one.text().find('\n') != std::string::npos) std::abort();
  }
}

bool asks_for_absence(const Rule& rule) {
  for (const Selection& selection : rule.selections) {
    for (const auto& matches : selection.alternatives) {
      for (const FieldMatch& match : matches) {
        for (const Modifier modifier : match.modifiers) {
          if (modifier == Modifier::exists) return true;
        }
        for (const YamlNode& value : match.values) {
          if (value.kind == YamlKind::null) return true;
        }
      }
    }
  }
  return false;
}

void check(const Rule& rule) {
  auto compiled = compile_rule(rule, session_fields(), kPlaceholders);
  if (!compiled) return told(compiled.error());
  const FieldReader readers[] = {{nullptr, &nothing}, session_reader(known())};
  Answer answers[] = {compiled->evaluate(readers[0]), compiled->evaluate(readers[1])};
  if (!asks_for_absence(rule) && answers[0].truth != Truth::unknown) std::abort();
  run_rule_tests(*compiled, session_fields());

  std::vector<CompiledRule> rules;
  rules.push_back(std::move(*compiled));
  RuleMatcher matcher{std::make_shared<const RulePack>(
      std::move(rules), "", PackSchemas{session_fields(), session_fields()})};
  const Category category = rule.facts.category;
  for (const std::size_t at : {0U, 1U}) {
    const auto found = matcher.match(category, readers[at]);
    if (found.rules.empty() != (answers[at].truth != Truth::yes)) std::abort();
    if (found.missing.empty() != (answers[at].truth != Truth::unknown)) std::abort();
  }
}

}  // namespace

// A rule that compiles never matches a record of which nothing is known, unless it asks for
// absence, and the index finds it when it matches; what does not read or compile says so in one
// line with the file's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto documents = read_yaml_documents("r.yml", text);
  if (!documents) return 0;
  for (const YamlDocument& document : *documents) {
    const auto read = read_sigma(document);
    if (!read) {
      told(read.error());
    } else if (const auto* rule = std::get_if<Rule>(&*read)) {
      check(*rule);
    }
  }
  return 0;
}
