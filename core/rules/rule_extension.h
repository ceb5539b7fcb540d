#pragma once

#include <cstdint>
#include <vector>

#include "core/rules/rule.h"
#include "core/text/yaml_map.h"

namespace sekimori {

// Of what the tests under `sekimori:` are made.
enum class TestSubject : std::uint8_t {
  record,   // one record, or those of a capture
  sequence  // several records, one after the other
};

// The key `sekimori:` of a rule or a correlation. facts.category says which of its keys make sense.
void read_extension(YamlMap& top, TestSubject subject, RuleFacts& facts,
                    std::vector<RuleTest>& tests);

}  // namespace sekimori
