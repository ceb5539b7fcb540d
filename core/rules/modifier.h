#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/record/field.h"
#include "core/rules/rule.h"

namespace sekimori {

std::optional<Modifier> modifier_of(std::string_view word) noexcept;
std::string_view word_of(Modifier modifier) noexcept;
std::vector<std::string_view> modifier_words();

// For messages: "a whole number".
std::string_view type_name(FieldType type) noexcept;
bool is_text(FieldType type) noexcept;
bool is_number(FieldType type) noexcept;

// A part of a moment in UTC, as Sigma's time modifiers name them. Weeks are those of ISO 8601.
enum class TimePart : std::uint8_t { none, minute, hour, day, week, month, year };
TimePart time_part_of(Modifier modifier) noexcept;
struct TimePartRange {
  std::uint64_t least;
  std::uint64_t most;
};
TimePartRange range_of(TimePart part) noexcept;
std::uint64_t read_part(Timestamp time, TimePart part) noexcept;

struct ModifierFault {
  std::string what;
  std::string way_out;
};
// What is wrong with these modifiers on a field of this type, with so many values; all of it.
// `keywords`: the type is text, and no field is named.
std::vector<ModifierFault> modifier_faults(const std::vector<Modifier>& modifiers, FieldType type,
                                           bool keywords, std::size_t values);

}  // namespace sekimori
