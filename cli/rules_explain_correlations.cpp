#include "cli/rules_explain_correlations.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/rules_pack.h"
#include "collector/judge/features.h"
#include "core/record/ecs_json.h"
#include "core/record/field.h"
#include "core/rules/explain.h"

namespace sekimori {
namespace {

std::string_view answer_of(const CorrelationStep* step) {
  return step == nullptr ? "no event" : answer_word(step->truth);
}

}  // namespace

LoadedAll<ExplainedCorrelations> ExplainedCorrelations::open(const std::string& file,
                                                             const std::string& pack,
                                                             const Placeholders& placeholders,
                                                             bool json) {
  ExplainedCorrelations made;
  made.json_ = json;
  auto loaded =
      load_pack(pack.empty() ? file : pack, {sensor_fields(), claim_fields()}, placeholders);
  if (!loaded) return tl::unexpected{std::move(loaded.error())};
  made.pack_ = std::make_shared<const RulePack>(std::move(*loaded));
  made.sequence_ = std::make_unique<Sequence>(made.pack_);
  for (std::uint32_t at = 0; at < made.pack_->correlations().size(); ++at) {
    std::error_code error;
    if (std::filesystem::equivalent(made.pack_->correlations()[at].file, file, error)) {
      made.numbers_.push_back(at);
    }
  }
  return made;
}

bool ExplainedCorrelations::tell(std::ostream& out, const std::string& records, std::uint32_t line,
                                 const std::vector<YamlEntry>& entries) {
  if (numbers_.empty()) return true;
  YamlNode record;
  record.kind = YamlKind::map;
  record.line = line;
  record.entries = entries;
  const auto steps = sequence_->tell(records, record);
  if (!steps) {
    for (const Complaint& one : steps.error()) complain(one);
    return false;
  }
  for (const std::uint32_t number : numbers_) {
    const Correlation& correlation = pack_->correlations()[number];
    bool any = false;
    const auto tell_one = [&](const CorrelationStep* step) {
      (this->*(json_ ? &ExplainedCorrelations::tell_json : &ExplainedCorrelations::tell_step))(
          out, line, correlation, step);
    };
    for (const CorrelationStep& step : *steps) {
      if (step.correlation != number) continue;
      any = true;
      tell_one(&step);
    }
    if (!any) tell_one(nullptr);
  }
  return true;
}

void ExplainedCorrelations::tell_step(std::ostream& out, std::uint32_t line,
                                      const Correlation& correlation,
                                      const CorrelationStep* step) const {
  out << "line " << line << ", '" << correlation.facts.title << "': " << answer_of(step);
  if (step == nullptr) {
    out << ", for none of the rules it looks at matches\n";
    return;
  }
  if (step->truth == Truth::unknown) {
    out << ", for want of " << step->missing << '\n';
    return;
  }
  out << "\n  " << (step->truth == Truth::yes ? "yes" : "no") << '\t' << step->count << " of "
      << count_words(correlation.condition) << " (" << word_of(correlation.type) << "), from "
      << format_rfc3339(step->first).view() << " to " << format_rfc3339(step->last).view() << '\n';
  for (const auto& [field, value] : step->group) out << "  \t" << field << ": " << value << '\n';
  out << "  \tevents:";
  for (const std::string& id : step->events) out << ' ' << id;
  out << '\n';
}

void ExplainedCorrelations::tell_json(std::ostream& out, std::uint32_t line,
                                      const Correlation& correlation,
                                      const CorrelationStep* step) const {
  const RuleFacts& facts = correlation.facts;
  std::string text = "{\"line\":" + std::to_string(line) + ",\"rule\":";
  append_json_string(text, facts.id.empty() ? facts.title : facts.id);
  text += ",\"answer\":\"" + std::string{answer_of(step)} + "\"";
  if (step != nullptr && step->truth == Truth::unknown) {
    text += ",\"missing\":\"" + std::string{step->missing} + "\"";
  } else if (step != nullptr) {
    text += ",\"count\":" + std::to_string(step->count) + ",\"condition\":\"" +
            count_words(correlation.condition) + "\",\"first\":\"" +
            std::string{format_rfc3339(step->first).view()} + "\",\"last\":\"" +
            std::string{format_rfc3339(step->last).view()} + "\",\"group\":{";
    for (const auto& [field, value] : step->group) {
      if (text.back() != '{') text += ',';
      append_json_string(text, field);
      text += ":" + value;
    }
    text += "},\"events\":[";
    for (const std::string& id : step->events) {
      if (text.back() != '[') text += ',';
      append_json_string(text, id);
    }
    text += ']';
  }
  out << text << "}\n";
}

}  // namespace sekimori
