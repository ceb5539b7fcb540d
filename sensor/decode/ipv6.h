#pragma once

#include "sensor/decode/ip_header.h"

namespace sekimori {

// RFC 8200. Extension headers are walked: hop-by-hop, routing, destination options, fragment, AH,
// mobility, HIP, Shim6. Fragments that are not whole packets, and chains longer than any stack
// sends, are `unsupported`.
Result<IpHeader> parse_ipv6(Bytes packet) noexcept;

}  // namespace sekimori
