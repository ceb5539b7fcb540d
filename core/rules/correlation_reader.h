#pragma once

#include "core/rules/correlation.h"
#include "core/text/complaint.h"
#include "core/text/yaml.h"

namespace sekimori {

// Reads a Sigma 2.1 correlation document. All complaints at once; rules and fields are looked up
// later, by link_correlations().
LoadedAll<CorrelationRule> read_correlation(const YamlDocument& document);

// A number and s, m, h, d or w, without a sign, at most kTimespanLimit; nothing for anything else.
std::optional<std::chrono::nanoseconds> parse_timespan(std::string_view text) noexcept;

// The node in one spelling: the same for two documents that mean the same, whatever their layout,
// comments and quotes. What a rule is known by when a pack is reloaded.
void append_canonical(std::string& out, const YamlNode& node);

}  // namespace sekimori
