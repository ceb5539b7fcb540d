#pragma once

#include <cstdint>

namespace sekimori {

// How far `sequence` lies after `base`, in the circle of RFC 9293, section 3.4. TSvals move in the
// same circle (RFC 7323, section 5.2).
constexpr std::int32_t sequence_distance(std::uint32_t base, std::uint32_t sequence) noexcept {
  return static_cast<std::int32_t>(sequence - base);
}

// The most bytes that can be on their way in one direction: the largest window (RFC 7323,
// section 2.3). A number further away belongs to another connection, or to a liar.
inline constexpr std::int32_t kMaxWindow = 1 << 30;

}  // namespace sekimori
