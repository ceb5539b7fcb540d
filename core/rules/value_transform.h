#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/rules/rule.h"
#include "core/text/complaint.h"

namespace sekimori {

// Texts that one value may become: each dash of five makes five of one.
inline constexpr std::size_t kTransformedLimit = 3125;

// A Sigma string (wildcards, escapes) after its encoding modifiers, which are applied in their
// order; others are passed over. The error says why it cannot be encoded.
tl::expected<std::vector<std::string>, std::string> transformed(
    std::string_view value, const std::vector<Modifier>& modifiers);

}  // namespace sekimori
