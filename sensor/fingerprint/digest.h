#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <openssl/md5.h>
#include <openssl/sha.h>

#include "core/bytes/inline_text.h"

namespace sekimori {

enum class DigestKind : std::uint8_t { md5, sha256 };

// A message digest of text that is given piece by piece. All of its state is here: no allocation.
class Digest {
 public:
  explicit Digest(DigestKind kind) noexcept;

  void append(std::string_view text) noexcept;

  // The first `digits` hex digits (at most 64), in lower case; ends the digest. Empty when OpenSSL
  // refuses.
  InlineText<64> hex(std::size_t digits) noexcept;

 private:
  void flush() noexcept;

  // OpenSSL's update costs more than these digests' few bytes, so pieces are gathered first.
  std::array<char, 512> pending_;
  std::size_t pending_size_ = 0;
  bool good_ = false;
  DigestKind kind_;
  union {
    MD5_CTX md5_;
    SHA256_CTX sha256_;
  };
};

}  // namespace sekimori
