#pragma once

#include <string>

#include "core/rules/rule.h"
#include "core/text/yaml_map.h"

namespace sekimori {

// The keys that Sigma's rules, correlations and filters share. What says nothing to the engine is
// checked for form all the same.

extern const YamlType<std::string> kUuid;

void read_title(YamlMap& top, RuleFacts& facts);  // title, name
void read_metadata(YamlMap& top, RuleFacts& facts);
void read_status(YamlMap& top, RuleFacts& facts);  // status: test; level: informational
void read_logsource(YamlMap& top, RuleFacts& facts);

}  // namespace sekimori
