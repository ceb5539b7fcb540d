#include "core/net/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace sekimori {
namespace {

// Bytes: an IPv4-mapped IPv6 address with all groups written out.
constexpr std::size_t kLongestText = 45;
// RFC 4291, section 2.5.5.2.
constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

unsigned width_of(const IpAddress& address) noexcept {
  return address.is_v4() ? 32U : 128U;
}

}  // namespace

IpAddress IpAddress::v4(std::span<const std::uint8_t, 4> bytes) noexcept {
  IpAddress address;
  address.version_ = IpVersion::v4;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

IpAddress IpAddress::v6(std::span<const std::uint8_t, 16> bytes) noexcept {
  IpAddress address;
  address.version_ = IpVersion::v6;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) noexcept {
  if (text.empty() || text.size() > kLongestText) return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  std::array<char, kLongestText + 1> terminated{};
  std::copy(text.begin(), text.end(), terminated.begin());
  std::array<std::uint8_t, 16> bytes{};
  if (::inet_pton(AF_INET, terminated.data(), bytes.data()) == 1) {
    return v4(std::span{bytes}.first<4>());
  }
  if (::inet_pton(AF_INET6, terminated.data(), bytes.data()) != 1) return std::nullopt;
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
    return v4(std::span{bytes}.last<4>());
  }
  return v6(bytes);
}

std::span<const std::uint8_t> IpAddress::bytes() const noexcept {
  return std::span{bytes_}.first(is_v4() ? 4U : is_v6() ? 16U : 0U);
}

InlineText<46> IpAddress::text() const noexcept {
  std::array<char, INET6_ADDRSTRLEN> chars{};
  if (version_ == IpVersion::none) return {};
  const int family = is_v4() ? AF_INET : AF_INET6;
  if (::inet_ntop(family, bytes_.data(), chars.data(), chars.size()) == nullptr) return {};
  return InlineText<46>{std::string_view{chars.data()}};
}

std::optional<Network> Network::parse(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return Network{*address, width_of(*address)};
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (length > width_of(*address)) return std::nullopt;
  return Network{*address, length};
}

Network::Network(IpAddress address, unsigned prefix_length) noexcept
    : prefix_length_{std::min(prefix_length, width_of(address))} {
  std::array<std::uint8_t, 16> bytes = address.storage();
  for (unsigned at = 0; at < bytes.size(); ++at) {
    const unsigned kept = std::min(8U, prefix_length_ - std::min(prefix_length_, at * 8U));
    bytes[at] = static_cast<std::uint8_t>(bytes[at] & (0xff00U >> kept));
  }
  address_ = address.is_v4() ? IpAddress::v4(std::span{bytes}.first<4>()) : IpAddress::v6(bytes);
}

bool Network::contains(const IpAddress& address) const noexcept {
  if (address.version() != address_.version()) return false;
  return Network{address, prefix_length_}.address_ == address_;
}

}  // namespace sekimori
