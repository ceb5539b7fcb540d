#include "core/net/listen_address.h"

#include <charconv>

namespace sekimori {

std::string ListenAddress::text() const {
  const std::string host{address.text().view()};
  return (address.is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) noexcept {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (!address || address->is_v6() != bracketed || error != std::errc{} ||
      end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return ListenAddress{*address, port};
}

}  // namespace sekimori
