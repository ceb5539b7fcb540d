#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sekimori {

// SHA-256 of `bytes` (FIPS 180-4). All zeros when libcrypto refuses the algorithm.
using Sha256 = std::array<std::uint8_t, 32>;
Sha256 sha256(std::span<const std::uint8_t> bytes) noexcept;

// SHA-256 of `bytes` as 64 hex digits in lower case (FIPS 180-4). Empty when libcrypto refuses the
// algorithm.
std::string sha256_hex(std::string_view bytes);

}  // namespace sekimori
