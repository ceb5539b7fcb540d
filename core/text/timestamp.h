#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes/inline_text.h"

namespace sekimori {

// A moment in UTC, in nanoseconds since 1970. Packet time and claim time, never the clock of the
// stage that reads it.
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

// RFC 3339 in UTC with microseconds, rounded down: "2024-03-26T01:02:03.456000Z".
using Rfc3339Text = InlineText<32>;
Rfc3339Text format_rfc3339(Timestamp time) noexcept;

// RFC 3339, section 5.6: date, 'T' or a space, time, decimals (after nine they are cut), 'Z' or an
// offset. The offset is required: a local time without one is not a moment. Leap second 60 reads as
// the next second. Years 1678 to 2261, the whole ones that 64 bits of nanoseconds hold.
std::optional<Timestamp> parse_rfc3339(std::string_view text) noexcept;

}  // namespace sekimori
