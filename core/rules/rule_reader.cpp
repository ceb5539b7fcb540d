#include "core/rules/rule_reader.h"

#include <string>
#include <string_view>
#include <utility>

#include "core/rules/correlation_reader.h"
#include "core/rules/rule_extension.h"
#include "core/rules/rule_head.h"
#include "core/rules/selection_reader.h"
#include "core/text/yaml_map.h"

namespace sekimori {

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
  read_metadata(top, rule.facts);
  if (top.list("fields", kYamlText).size() > 0) rule.fields = top.self().find("fields")->items;
  read_logsource(top, rule.facts);
  read_extension(top, TestSubject::record, rule.facts, rule.tests);
  if (const YamlNode* node = top.self().find("detection")) append_canonical(rule.definition, *node);
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
  read_metadata(top, filter.facts);
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
  append_canonical(filter.definition, exception.self());
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
  if (document.root.find("correlation") != nullptr) return as_document(read_correlation(document));
  if (document.root.find("filter") != nullptr) return as_document(read_filter(document));
  return as_document(read_rule(document));
}

}  // namespace sekimori
