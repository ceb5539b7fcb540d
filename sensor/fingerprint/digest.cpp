#include "sensor/fingerprint/digest.h"

#include <algorithm>
#include <utility>

namespace sekimori {

// OpenSSL's own functions for each algorithm rather than EVP's for any: those take memory for each
// message, and a lock, and this runs between two packets.
Digest::Digest(DigestKind kind) noexcept : kind_{kind} {
  good_ = (kind == DigestKind::md5 ? MD5_Init(&md5_) : SHA256_Init(&sha256_)) == 1;
}

void Digest::append(std::string_view text) noexcept {
  while (!text.empty()) {
    if (pending_size_ == pending_.size()) flush();
    const std::size_t room = std::min(text.size(), pending_.size() - pending_size_);
    std::copy_n(text.begin(), room, pending_.begin() + static_cast<std::ptrdiff_t>(pending_size_));
    pending_size_ += room;
    text.remove_prefix(room);
  }
}

InlineText<64> Digest::hex(std::size_t digits) noexcept {
  flush();
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> value{};
  const bool is_md5 = kind_ == DigestKind::md5;
  const std::size_t size = is_md5 ? MD5_DIGEST_LENGTH : SHA256_DIGEST_LENGTH;
  good_ = good_ &&
          (is_md5 ? MD5_Final(value.data(), &md5_) : SHA256_Final(value.data(), &sha256_)) == 1;
  if (!std::exchange(good_, false)) return {};
  constexpr std::string_view alphabet = "0123456789abcdef";
  std::array<char, 2 * SHA256_DIGEST_LENGTH> text{};
  for (std::size_t at = 0; at < size; ++at) {
    text[2 * at] = alphabet[value[at] >> 4U];
    text[2 * at + 1] = alphabet[value[at] & 0xfU];
  }
  return std::string_view{text.data(), std::min(digits, 2 * size)};
}

void Digest::flush() noexcept {
  const int fed = kind_ == DigestKind::md5
                      ? MD5_Update(&md5_, pending_.data(), pending_size_)
                      : SHA256_Update(&sha256_, pending_.data(), pending_size_);
  good_ = good_ && fed == 1;
  pending_size_ = 0;
}

}  // namespace sekimori
