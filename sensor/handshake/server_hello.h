#pragma once

#include <cstdint>

#include "core/bytes/cursor.h"
#include "sensor/handshake/wire_list.h"

namespace sekimori {

// RFC 8446, section 4.1.3 and 4.1.4; RFC 5246, section 7.4.1.3. Borrowed from the body it was
// parsed from.
struct ServerHello {
  std::uint16_t legacy_version = 0;
  Bytes random;  // 32 bytes
  Bytes session_id;
  std::uint16_t cipher_suite = 0;
  ExtensionList extensions;  // in wire order
  std::uint16_t negotiated_version =
      0;       // supported_versions' selected_version, else legacy_version
  Bytes alpn;  // the chosen protocol; empty when not visible, as in TLS 1.3
  bool is_hello_retry_request = false;
};

// `body` is the handshake message without its header, whole. The layout is the same in TLS, QUIC
// and DTLS.
Result<ServerHello> parse_server_hello(Bytes body) noexcept;

// RFC 8446, section 4.1.3: a ServerHello whose random is this one asks for another ClientHello.
// False for anything too short to tell.
bool is_hello_retry_request(Bytes server_hello_body) noexcept;

}  // namespace sekimori
