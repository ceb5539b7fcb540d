#include "core/text/sha256.h"

#include <memory>

#include <openssl/evp.h>

namespace sekimori {
namespace {

struct Free {
  void operator()(EVP_MD* digest) const noexcept { EVP_MD_free(digest); }
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

// Fetched once: a lookup by name and a fresh context cost more than the digest of a few hundred
// bytes (OpenSSL 3, crypto(7)), and take locks that all threads share.
struct Machine {
  std::unique_ptr<EVP_MD, Free> digest{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

}  // namespace

Sha256 sha256(std::span<const std::uint8_t> bytes) noexcept {
  thread_local const Machine machine;
  EVP_MD_CTX* const context = machine.context.get();
  Sha256 digest{};
  const bool done = machine.digest != nullptr && context != nullptr &&
                    EVP_DigestInit_ex2(context, machine.digest.get(), nullptr) == 1 &&
                    EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1 &&
                    EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1;
  return done ? digest : Sha256{};
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
