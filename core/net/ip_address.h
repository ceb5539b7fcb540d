#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/bytes/inline_text.h"

namespace sekimori {

enum class IpVersion : std::uint8_t { none = 0, v4 = 4, v6 = 6 };

// An IPv4 or IPv6 address by value, network order. An IPv4 address keeps its four bytes in front
// and zeros behind, so that equality and hashing see one form. Default: no address.
class IpAddress {
 public:
  constexpr IpAddress() noexcept = default;
  static IpAddress v4(std::span<const std::uint8_t, 4> bytes) noexcept;
  static IpAddress v6(std::span<const std::uint8_t, 16> bytes) noexcept;
  // Dotted quad or RFC 4291 text, whole; no zone, no port, no leading zeros in a quad. An
  // IPv4-mapped IPv6 address (::ffff:192.0.2.1) reads as the IPv4 address it stands for.
  static std::optional<IpAddress> parse(std::string_view text) noexcept;

  constexpr IpVersion version() const noexcept { return version_; }
  constexpr bool is_v4() const noexcept { return version_ == IpVersion::v4; }
  constexpr bool is_v6() const noexcept { return version_ == IpVersion::v6; }
  constexpr explicit operator bool() const noexcept { return version_ != IpVersion::none; }
  std::span<const std::uint8_t> bytes() const noexcept;  // 4, 16 or none
  constexpr const std::array<std::uint8_t, 16>& storage() const noexcept { return bytes_; }

  InlineText<46> text() const noexcept;  // RFC 5952; empty for no address

  friend constexpr bool operator==(const IpAddress&, const IpAddress&) noexcept = default;
  // By version, then byte by byte: in two words, because each packet asks.
  friend constexpr std::strong_ordering operator<=>(const IpAddress& left,
                                                    const IpAddress& right) noexcept {
    if (left.version_ != right.version_) return left.version_ <=> right.version_;
    const Words one = left.words();
    const Words other = right.words();
    return one[0] != other[0] ? one[0] <=> other[0] : one[1] <=> other[1];
  }

 private:
  using Words = std::array<std::uint64_t, 2>;  // as numbers: the first byte weighs most
  constexpr Words words() const noexcept {
    auto words = std::bit_cast<Words>(bytes_);
    if constexpr (std::endian::native == std::endian::little) {
      for (std::uint64_t& word : words) word = __builtin_bswap64(word);
    }
    return words;
  }

  IpVersion version_ = IpVersion::none;
  std::array<std::uint8_t, 16> bytes_{};
};

// A CIDR block. Host bits are cleared when read.
class Network {
 public:
  // "192.0.2.0/24", "2001:db8::/32", or one address.
  static std::optional<Network> parse(std::string_view text) noexcept;
  Network(IpAddress address, unsigned prefix_length) noexcept;  // longer than the address: clamped

  bool contains(const IpAddress& address) const noexcept;
  const IpAddress& address() const noexcept { return address_; }
  unsigned prefix_length() const noexcept { return prefix_length_; }  // bits, of its own width

  friend bool operator==(const Network&, const Network&) = default;

 private:
  IpAddress address_;
  unsigned prefix_length_ = 0;
};

}  // namespace sekimori
