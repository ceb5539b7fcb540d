#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/net/ip_address.h"

namespace sekimori {

// Where a program of ours waits for connections.
struct ListenAddress {
  IpAddress address;
  std::uint16_t port = 0;  // 0: any free one

  std::string text() const;  // as parse_listen_address takes it

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

// "127.0.0.1:7356" or "[::1]:7356" (RFC 3986, section 3.2.2); no names.
std::optional<ListenAddress> parse_listen_address(std::string_view text) noexcept;

}  // namespace sekimori
