#pragma once

#include <vector>

#include "core/rules/rule.h"
#include "core/text/complaint.h"
#include "core/text/yaml_map.h"

namespace sekimori {

// Reads what stands under `detection`: selections and the condition over them.
void read_detection(YamlMap& detection, Rule& rule, std::vector<Complaint>& complaints);

}  // namespace sekimori
