#include "sensor/fingerprint/digest.h"

#include <algorithm>
#include <memory>

#include <openssl/evp.h>

namespace sekimori {
namespace {

struct FreeDigest {
  void operator()(EVP_MD* digest) const noexcept { EVP_MD_free(digest); }
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

// Fetched once: a lookup by name costs as much as the digest of a whole hello (OpenSSL 3,
// crypto(7)).
struct Machine {
  std::unique_ptr<EVP_MD, FreeDigest> digest;
  std::unique_ptr<EVP_MD_CTX, FreeDigest> context;

  explicit Machine(const char* name) noexcept
      : digest{EVP_MD_fetch(nullptr, name, nullptr)}, context{EVP_MD_CTX_new()} {}

  EVP_MD_CTX* start() const noexcept {
    const bool started = digest != nullptr && context != nullptr &&
                         EVP_DigestInit_ex2(context.get(), digest.get(), nullptr) == 1;
    return started ? context.get() : nullptr;
  }
};

EVP_MD_CTX* start(DigestKind kind) noexcept {
  thread_local const Machine md5{"MD5"};
  thread_local const Machine sha256{"SHA256"};
  return kind == DigestKind::md5 ? md5.start() : sha256.start();
}

}  // namespace

Digest::Digest(DigestKind kind) noexcept : context_{start(kind)} {}

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
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> value{};
  unsigned size = 0;
  if (context_ == nullptr ||
      EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), value.data(), &size) != 1) {
    return {};
  }
  constexpr std::string_view alphabet = "0123456789abcdef";
  InlineText<64> text;
  for (std::size_t i = 0; i < std::min<std::size_t>(digits, std::size_t{size} * 2); ++i) {
    const unsigned byte = value[i / 2];
    text.push_back(alphabet[i % 2 == 0 ? byte >> 4U : byte & 0xfU]);
  }
  context_ = nullptr;
  return text;
}

void Digest::flush() noexcept {
  if (context_ != nullptr &&
      EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), pending_.data(), pending_size_) != 1) {
    context_ = nullptr;
  }
  pending_size_ = 0;
}

}  // namespace sekimori
