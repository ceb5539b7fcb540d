#pragma once

#include "sensor/decode/ip_header.h"

namespace sekimori {

// RFC 8200. Extension headers are walked: hop-by-hop, routing, destination options, fragment, AH,
// mobility, HIP, Shim6. A chain longer than any stack sends is `unsupported`. The walk ends behind
// the Fragment header of a fragment; one that is empty, or that others follow though it does not
// end at a multiple of 8 bytes, is `malformed` (section 4.5).
Result<IpHeader> parse_ipv6(Bytes packet) noexcept;

// The rest of the walk, for a packet put together from fragments. A Fragment header in it is
// `unsupported`.
Result<IpHeader> parse_ipv6_rest(const IpHeader& whole) noexcept;

}  // namespace sekimori
