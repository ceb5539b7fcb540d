#pragma once

#include "core/rules/rule.h"
#include "core/text/complaint.h"
#include "core/text/yaml.h"

namespace sekimori {

// Reads one Sigma 2.1 detection rule. Everything of Sigma that is not supported (keyword searches,
// correlations, filters, encodings) and every unknown key is a complaint with its place; all of a
// file's complaints are told at once. Field names are looked up later, by compile_rule().
LoadedAll<Rule> read_rule(const YamlDocument& document);

}  // namespace sekimori
