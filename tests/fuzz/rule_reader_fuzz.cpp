#include <cstdint>
#include <cstdlib>

#include "core/rules/compile.h"
#include "core/rules/inline_record.h"
#include "core/rules/rule_reader.h"

namespace {

using namespace sekimori;

const Placeholders kPlaceholders{{"sea", {"VN", "PH"}}};

FieldValue nothing(const void*, FieldId, FieldScratch&) noexcept {
  return {};
}

}  // namespace

// A rule that compiles never matches a record of which nothing is known, unless it asks for
// absence; what does not read or compile says so in one line with the file's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto told = [](const std::vector<Complaint>& complaints) {
    if (complaints.empty()) std::abort();
    for (const Complaint& one : complaints) {
      if (!one.text().starts_with("r.yml")) std::abort();
      if (one.text().find('\n') != std::string::npos) std::abort();
    }
  };
  const auto document = read_yaml("r.yml", text);
  if (!document) return 0;
  const auto rule = read_rule(*document);
  if (!rule) {
    told(rule.error());
    return 0;
  }
  const auto compiled = compile_rule(*rule, session_fields(), kPlaceholders);
  if (!compiled) {
    told(compiled.error());
    return 0;
  }
  bool asks_for_absence = false;
  for (const Selection& selection : rule->selections) {
    for (const auto& matches : selection.alternatives) {
      for (const FieldMatch& match : matches) {
        for (const Modifier modifier : match.modifiers) {
          if (modifier == Modifier::exists) asks_for_absence = true;
        }
        for (const YamlNode& value : match.values) {
          if (value.kind == YamlKind::null) asks_for_absence = true;
        }
      }
    }
  }
  const Answer answer = compiled->evaluate({nullptr, &nothing});
  if (!asks_for_absence && answer.truth != Truth::unknown) std::abort();
  run_rule_tests(*compiled, session_fields());
  return 0;
}
