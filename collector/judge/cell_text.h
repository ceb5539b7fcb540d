#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sekimori {

// Text made fit for a terminal: what would steer it (C0, DEL, C1), turn the direction of writing,
// take no room or is not UTF-8 becomes '?'.
std::string printable(std::string_view text);

// Cells of a terminal that printable text takes: two for wide characters (Unicode, East Asian
// Width W and F), none for combining marks.
std::size_t cells(std::string_view printable_text) noexcept;

// Lines of at most `width` cells (at least two), broken at spaces, a longer word where it must be.
// One empty line for an empty text.
std::vector<std::string> wrapped(std::string_view printable_text, std::size_t width);

}  // namespace sekimori
