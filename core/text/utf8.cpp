#include "core/text/utf8.h"

#include <cstdint>

namespace sekimori {
namespace {

// What the second byte may be, and how many bytes follow the first.
struct Shape {
  std::size_t tail;
  std::uint8_t low;
  std::uint8_t high;
};

// Unicode, table 3-7. A tail of 0 for a lead byte over 0x7f: no such lead.
Shape shape_of(std::uint8_t lead) noexcept {
  if (lead >= 0xc2 && lead <= 0xdf) return {1, 0x80, 0xbf};
  if (lead == 0xe0) return {2, 0xa0, 0xbf};
  if (lead == 0xed) return {2, 0x80, 0x9f};
  if (lead >= 0xe1 && lead <= 0xef) return {2, 0x80, 0xbf};
  if (lead == 0xf0) return {3, 0x90, 0xbf};
  if (lead >= 0xf1 && lead <= 0xf3) return {3, 0x80, 0xbf};
  if (lead == 0xf4) return {3, 0x80, 0x8f};
  return {0, 0, 0};
}

}  // namespace

std::size_t first_bad_utf8(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  std::size_t at = 0;
  while (at < text.size()) {
    if (byte(at) < 0x80) {
      ++at;
      continue;
    }
    const Shape shape = shape_of(byte(at));
    if (shape.tail == 0 || text.size() - at <= shape.tail) return at;
    if (byte(at + 1) < shape.low || byte(at + 1) > shape.high) return at;
    for (std::size_t next = at + 2; next <= at + shape.tail; ++next) {
      if ((byte(next) & 0xc0U) != 0x80U) return at;
    }
    at += shape.tail + 1;
  }
  return text.size();
}

}  // namespace sekimori
