#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/complaint.h"

namespace sekimori {

// A Sigma condition as a tree over selections; "1 of" and "all of" are already spelt out.
struct Condition {
  enum class Kind : std::uint8_t { selection, all, any, negation };
  Kind kind = Kind::selection;
  std::size_t selection = 0;     // index into the names it was read with
  std::vector<Condition> parts;  // all, any: one or more; negation: one
};

struct ConditionFault {
  std::size_t offset = 0;  // bytes into the condition
  std::string what;
  std::string way_out;
};

// Bytes, and levels of brackets and negations: more is no person's writing.
inline constexpr std::size_t kConditionLimit = 4096;
inline constexpr std::size_t kConditionDepth = 32;

// Sigma 2.1, "Condition": and, or, not, brackets, `1 of` and `all of` with `them` or a pattern of
// names. `them` leaves out names that begin with an underscore.
tl::expected<Condition, ConditionFault> parse_condition(std::string_view text,
                                                        std::span<const std::string> selections);

}  // namespace sekimori
