#include "collector/judge/cell_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/text/utf8.h"

namespace sekimori {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, std::uint32_t code) noexcept {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& range) { return code >= range.first && code <= range.last; });
}

// Zero width and direction: they hide or reorder what a person reads (Unicode, chapter 23.2).
constexpr std::array<Range, 8> kSteering{{{0x00, 0x1f},
                                          {0x7f, 0x9f},
                                          {0xad, 0xad},
                                          {0x200b, 0x200f},
                                          {0x2028, 0x202e},
                                          {0x2060, 0x206f},
                                          {0xfe00, 0xfe0f},
                                          {0xfeff, 0xfeff}}};
constexpr std::array<Range, 5> kCombining{
    {{0x300, 0x36f}, {0x483, 0x489}, {0x1ab0, 0x1aff}, {0x20d0, 0x20ff}, {0x3099, 0x309a}}};
// Unicode Standard Annex 11: W and F, in whole blocks.
constexpr std::array<Range, 12> kWide{{{0x1100, 0x115f},
                                       {0x2e80, 0x303e},
                                       {0x3041, 0x33ff},
                                       {0x3400, 0x4dbf},
                                       {0x4e00, 0x9fff},
                                       {0xa000, 0xa4cf},
                                       {0xac00, 0xd7a3},
                                       {0xf900, 0xfaff},
                                       {0xfe30, 0xfe6f},
                                       {0xff00, 0xff60},
                                       {0xffe0, 0xffe6},
                                       {0x1f300, 0x3fffd}}};

// Bytes of the character that begins here, in well-formed UTF-8.
std::size_t length_of(char lead) noexcept {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

std::uint32_t code_of(std::string_view character) noexcept {
  const auto lead = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return lead;
  std::uint32_t code = lead & (0xffU >> (character.size() + 1));
  for (const char one : character.substr(1)) {
    code = code << 6U | (static_cast<unsigned char>(one) & 0x3fU);
  }
  return code;
}

std::size_t cells_of(std::string_view character) noexcept {
  const std::uint32_t code = code_of(character);
  if (in(kCombining, code)) return 0;
  return in(kWide, code) ? 2 : 1;
}

// Bytes of the front of `text` that takes at most `width` cells.
std::size_t front_of(std::string_view text, std::size_t width) noexcept {
  std::size_t at = 0;
  std::size_t used = 0;
  while (at < text.size()) {
    const std::size_t length = length_of(text[at]);
    used += cells_of(text.substr(at, length));
    if (used > width) break;
    at += length;
  }
  return at;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t good = first_bad_utf8(text);
    for (std::size_t at = 0; at < good;) {
      const std::string_view one = text.substr(at, length_of(text[at]));
      in(kSteering, code_of(one)) ? out.push_back('?') : static_cast<void>(out.append(one));
      at += one.size();
    }
    if (good < text.size()) out.push_back('?');
    text.remove_prefix(std::min(good + 1, text.size()));
  }
  return out;
}

std::size_t cells(std::string_view printable_text) noexcept {
  std::size_t sum = 0;
  for (std::size_t at = 0; at < printable_text.size();) {
    const std::string_view one = printable_text.substr(at, length_of(printable_text[at]));
    sum += cells_of(one);
    at += one.size();
  }
  return sum;
}

std::vector<std::string> wrapped(std::string_view printable_text, std::size_t width) {
  width = std::max<std::size_t>(width, 2);
  std::vector<std::string> lines;
  std::string_view rest = printable_text;
  while (cells(rest) > width) {
    std::size_t end = front_of(rest, width);
    const std::size_t space = rest.substr(0, end + 1).rfind(' ');
    const bool at_space = space != std::string_view::npos && space > 0;
    if (at_space) end = space;
    lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(at_space ? end + 1 : end);
  }
  lines.emplace_back(rest);
  return lines;
}

}  // namespace sekimori
