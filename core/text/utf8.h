#pragma once

#include <cstddef>
#include <string_view>

namespace sekimori {

// The first byte that is no part of well-formed UTF-8 (Unicode, table 3-7: shortest form, no
// surrogates, nothing over U+10FFFF); the size of `text` when there is none.
std::size_t first_bad_utf8(std::string_view text) noexcept;

}  // namespace sekimori
