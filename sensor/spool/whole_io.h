#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes/cursor.h"

namespace sekimori {

// All of it or false.
bool read_whole(int descriptor, std::uint64_t offset, std::uint8_t* out, std::size_t size) noexcept;

// Both parts, one after the other. False: whatever was written of them is nothing that counts.
bool write_whole(int descriptor, std::uint64_t offset, Bytes head, Bytes body) noexcept;

}  // namespace sekimori
