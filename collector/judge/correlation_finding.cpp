#include "collector/judge/correlation_finding.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "core/record/ecs_json.h"
#include "core/text/timestamp.h"

namespace sekimori {
namespace {

constexpr std::string_view kCount = "sekimori.correlation.count";
constexpr std::string_view kFirst = "sekimori.correlation.first";
constexpr std::string_view kLast = "sekimori.correlation.last";
constexpr std::string_view kTimespan = "timespan_s";

std::string json_text(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.size() > 1) json += ',';
    append_json_string(json, text);
  }
  return json + ']';
}

std::string_view without_quotes(std::string_view json) {
  return json.starts_with('"') ? json.substr(1, json.size() - 2) : json;
}

std::string span_words(double seconds) {
  struct Unit {
    double seconds;
    std::string_view name;
  };
  constexpr Unit kUnits[] = {{86'400, " d"}, {3'600, " h"}, {60, " min"}};
  const auto whole = static_cast<std::uint64_t>(seconds);
  for (const Unit& unit : kUnits) {
    const auto length = static_cast<std::uint64_t>(unit.seconds);
    if (whole % length == 0) return std::to_string(whole / length) + std::string{unit.name};
  }
  return std::to_string(whole) + " s";
}

}  // namespace

Finding correlation_finding(const Correlation& correlation, const CorrelationStep& step) {
  const RuleFacts& facts = correlation.facts;
  Finding finding{facts.finding, facts.level, facts.id, facts.title, correlation.shadow, {}, {}};
  finding.evidence = step.group;
  finding.evidence.emplace_back(kCount, std::to_string(step.count));
  for (const auto& [name, time] : {std::pair{kFirst, step.first}, std::pair{kLast, step.last}}) {
    finding.evidence.emplace_back(name, json_text(format_rfc3339(time).view()));
  }
  finding.evidence.emplace_back("sekimori.correlation.events", json_list(step.events));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(correlation.timespan);
  finding.thresholds.emplace_back(kTimespan, static_cast<double>(seconds.count()));
  for (const CountTest& test : correlation.condition) {
    finding.thresholds.emplace_back(word_of(test.compare), static_cast<double>(test.number));
  }
  return finding;
}

std::string correlation_words(const Finding& finding) {
  std::string group, count, first, last;
  for (const auto& [name, value] : finding.evidence) {
    const std::string text{without_quotes(value)};
    if (name == kCount) {
      count = text;
    } else if (name == kFirst) {
      first = text;
    } else if (name == kLast) {
      last = text;
    } else if (count.empty()) {
      group += (group.empty() ? "" : ", ") + name + " " + text;
    }
  }
  if (count.empty()) return {};
  std::string words = finding.rule_title + " (" + group + "): " + count;
  for (const auto& [name, value] : finding.thresholds) {
    if (name == kTimespan) words += " within " + span_words(value);
  }
  constexpr std::size_t kDate = 5, kSeconds = 14;  // of an RFC 3339 text: 03-26T01:02:03
  return words + ", " + first.substr(kDate, kSeconds) + " to " + last.substr(kDate, kSeconds);
}

}  // namespace sekimori
