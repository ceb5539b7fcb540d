#include "core/net/community_id.h"

#include <openssl/evp.h>

#include <array>
#include <tuple>

namespace sekimori {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::size_t kSha1Size = 20;
constexpr std::size_t kBase64Size = 28;  // of 20 bytes, padded

// At most seed (2), two addresses (32), protocol and padding (2), two ports (4).
class HashInput {
 public:
  void u8(std::uint8_t value) noexcept { bytes_[size_++] = value; }
  void u16(std::uint16_t value) noexcept {
    u8(static_cast<std::uint8_t>(value >> 8U));
    u8(static_cast<std::uint8_t>(value & 0xffU));
  }
  void address(const IpAddress& ip) noexcept {
    for (const std::uint8_t byte : ip.bytes()) u8(byte);
  }
  bool sha1(std::array<std::uint8_t, kSha1Size>& digest) const noexcept {
    return EVP_Digest(bytes_.data(), size_, digest.data(), nullptr, EVP_sha1(), nullptr) == 1;
  }

 private:
  std::array<std::uint8_t, 40> bytes_{};
  std::size_t size_ = 0;
};

bool stands_first(const FlowEnd& one, const FlowEnd& other) noexcept {
  return std::tie(one.ip.storage(), one.port) <= std::tie(other.ip.storage(), other.port);
}

}  // namespace

CommunityId community_id(std::uint8_t protocol, const FlowEnd& one, const FlowEnd& other) noexcept {
  if (!one.ip || one.ip.version() != other.ip.version()) return {};
  if (protocol == kIcmp || protocol == kIcmpv6) return {};
  const FlowEnd& first = stands_first(one, other) ? one : other;
  const FlowEnd& second = &first == &one ? other : one;

  HashInput input;
  input.u16(0);  // seed
  input.address(first.ip);
  input.address(second.ip);
  input.u8(protocol);
  input.u8(0);  // padding
  if (first.port && second.port) {
    input.u16(*first.port);
    input.u16(*second.port);
  }
  std::array<std::uint8_t, kSha1Size> digest{};
  if (!input.sha1(digest)) return {};
  std::array<unsigned char, kBase64Size + 1> base64{};
  EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  CommunityId id{"1:"};
  for (std::size_t at = 0; at < kBase64Size; ++at) id.push_back(static_cast<char>(base64[at]));
  return id;
}

}  // namespace sekimori
