#pragma once

#include <string>

#include "core/bytes/inline_text.h"
#include "sensor/handshake/client_hello.h"
#include "sensor/handshake/server_hello.h"

namespace sekimori {

using Ja3Text = InlineText<32>;

// JA3 (salesforce/ja3, BSD-3): 32 lower-case hex digits, or empty where the system's OpenSSL
// refuses MD5 (FIPS). Of a connection only the first ClientHello counts.
Ja3Text ja3(const ClientHello& hello) noexcept;

// JA3S, by the same reference: GREASE stays, unlike in Suricata and Wireshark; no real server sends
// any.
Ja3Text ja3s(const ServerHello& hello) noexcept;

// What is hashed ("771,4865-4866,0-16,29,0"), for people and tests.
std::string ja3_string(const ClientHello& hello);
std::string ja3s_string(const ServerHello& hello);

}  // namespace sekimori
