#include "core/net/flow_key.h"

// The key is of a fixed length, which the compiler can only use when it sees the hash.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstring>

namespace sekimori {

std::uint64_t hash_of(const FlowKey& key, std::uint64_t seed) noexcept {
  std::array<std::uint8_t, 38> bytes{};  // written out: the struct's padding is not its value
  std::memcpy(bytes.data(), key.low.storage().data(), 16);
  std::memcpy(bytes.data() + 16, key.high.storage().data(), 16);
  bytes[32] = static_cast<std::uint8_t>(key.low_port >> 8U);
  bytes[33] = static_cast<std::uint8_t>(key.low_port);
  bytes[34] = static_cast<std::uint8_t>(key.high_port >> 8U);
  bytes[35] = static_cast<std::uint8_t>(key.high_port);
  bytes[36] = key.protocol;
  bytes[37] = static_cast<std::uint8_t>(key.low.version());
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace sekimori
