#pragma once

#include <variant>

#include "core/rules/correlation.h"
#include "core/rules/rule.h"
#include "core/text/complaint.h"
#include "core/text/yaml.h"

namespace sekimori {

// What a Sigma 2.1 file holds.
using SigmaDocument = std::variant<Rule, RuleFilter, CorrelationRule>;

// Reads one document, whatever it is. What is not supported and every unknown key is a complaint
// with its place; all of a document's complaints are told at once. Field names are looked up later,
// by compile_rule().
LoadedAll<SigmaDocument> read_sigma(const YamlDocument& document);

LoadedAll<Rule> read_rule(const YamlDocument& document);
LoadedAll<RuleFilter> read_filter(const YamlDocument& document);

}  // namespace sekimori
