#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/bytes/inline_text.h"

namespace sekimori {

enum class DigestKind : std::uint8_t { md5, sha256 };

// A message digest of text that is given piece by piece. It works in a context that each thread
// keeps and uses again, so it allocates only the first time; hence one Digest of a kind at a time
// on a thread.
class Digest {
 public:
  explicit Digest(DigestKind kind) noexcept;

  void append(std::string_view text) noexcept;

  // The first `digits` hex digits (at most 64), in lower case; ends the digest. Empty when OpenSSL
  // has no such digest here, as MD5 under FIPS.
  InlineText<64> hex(std::size_t digits) noexcept;

 private:
  void flush() noexcept;

  // OpenSSL's update costs more than these digests' few bytes, so pieces are gathered first.
  std::array<char, 512> pending_;
  std::size_t pending_size_ = 0;
  void* context_;  // EVP_MD_CTX, owned by the thread; null after a failure
};

}  // namespace sekimori
