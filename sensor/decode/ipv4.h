#pragma once

#include "sensor/decode/ip_header.h"

namespace sekimori {

// RFC 791, section 3.1. Options are skipped. A fragment that is empty, or that others follow though
// it does not end at a multiple of 8 bytes, is `malformed`.
Result<IpHeader> parse_ipv4(Bytes packet) noexcept;

}  // namespace sekimori
