#pragma once

#include <string>
#include <string_view>

namespace sekimori {

// SHA-256 of `bytes` as 64 hex digits in lower case (FIPS 180-4). Empty when libcrypto refuses the
// algorithm.
std::string sha256_hex(std::string_view bytes);

}  // namespace sekimori
