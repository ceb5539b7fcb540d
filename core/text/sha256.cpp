#include "core/text/sha256.h"

#include <openssl/sha.h>

namespace sekimori {

// OpenSSL's own functions for the algorithm rather than EVP's for any: those take memory and locks
// for each message, and this runs between two packets.
Sha256 sha256(std::span<const std::uint8_t> bytes) noexcept {
  SHA256_CTX state;
  Sha256 digest{};
  const bool done = SHA256_Init(&state) == 1 &&
                    SHA256_Update(&state, bytes.data(), bytes.size()) == 1 &&
                    SHA256_Final(digest.data(), &state) == 1;
  return done ? digest : Sha256{};
}

std::string sha256_hex(std::string_view bytes) {
  const Sha256 digest = sha256({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  if (digest == Sha256{}) return {};
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest) {
    text.push_back(kHex[byte >> 4U]);
    text.push_back(kHex[byte & 0xfU]);
  }
  return text;
}

}  // namespace sekimori
