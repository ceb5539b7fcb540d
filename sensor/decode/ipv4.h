#pragma once

#include "sensor/decode/ip_header.h"

namespace sekimori {

// RFC 791. Options are skipped; fragments that are not whole packets are `unsupported`.
Result<IpHeader> parse_ipv4(Bytes packet) noexcept;

}  // namespace sekimori
