#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/text/complaint.h"

namespace sekimori {

enum class StoreCheck : std::uint8_t {
  quick,     // every page and row; PRAGMA quick_check
  thorough,  // and every index against its table; PRAGMA integrity_check, several times as long
};

// What is wrong inside a store, in SQLite's words, at most 20 of them; empty: it is whole. Reads
// only, and may run beside a collector. Complains of what is no store or cannot be read.
Loaded<std::vector<std::string>> check_store(const std::string& path, StoreCheck depth);

}  // namespace sekimori
