#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes/cursor.h"
#include "core/net/ip_address.h"

namespace sekimori {

// HAProxy, "The PROXY protocol", versions 1 and 2: what a load balancer writes in front of the
// stream that it passes on.
struct ProxyHeader {
  std::size_t size = 0;  // bytes; the stream that it introduces follows
  // Whom the header names as the client. No address: LOCAL, UNKNOWN, AF_UNSPEC or AF_UNIX, where
  // the connection's own ends are meant.
  IpAddress client;
  std::uint16_t client_port = 0;
};

// The header that opens a client's stream. truncated: more bytes are needed. malformed: no such
// header opens it, which is settled by the first byte that differs from its signature.
Result<ProxyHeader> parse_proxy_header(Bytes stream) noexcept;

}  // namespace sekimori
