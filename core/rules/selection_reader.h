#pragma once

#include <string_view>
#include <vector>

#include "core/rules/rule.h"
#include "core/text/complaint.h"
#include "core/text/yaml_map.h"

namespace sekimori {

// Reads what stands under `detection`, or a filter's `filter`: selections and the condition over
// them. `beside`: keys that are no selections.
void read_detection(YamlMap& detection, std::vector<std::string_view> beside,
                    std::vector<Selection>& selections, Condition& condition,
                    std::vector<Complaint>& complaints);

}  // namespace sekimori
