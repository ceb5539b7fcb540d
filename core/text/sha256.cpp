#include "core/text/sha256.h"

#include <openssl/evp.h>

namespace sekimori {

Sha256 sha256(std::span<const std::uint8_t> bytes) noexcept {
  Sha256 digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    return {};
  }
  return digest;
}

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    return {};
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (std::size_t at = 0; at < size; ++at) {
    text.push_back(kHex[digest[at] >> 4U]);
    text.push_back(kHex[digest[at] & 0xfU]);
  }
  return text;
}

}  // namespace sekimori
