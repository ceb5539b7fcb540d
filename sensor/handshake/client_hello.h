#pragma once

#include <cstdint>

#include "core/bytes/cursor.h"
#include "core/bytes/inline_text.h"
#include "sensor/handshake/tls_registry.h"
#include "sensor/handshake/wire_list.h"

namespace sekimori {

// RFC 8446, section 4.1.2 (and RFC 5246, 7.4.1.2; RFC 6347, 4.2.1). Everything is borrowed from the
// body it was parsed from, in wire order, duplicates and GREASE included.
//
// The outer structure must be sound. An extension whose inside contradicts itself leaves its list
// here empty and stays in `extensions`: a fingerprint counts it all the same. Of a repeated
// extension the last one's list is kept, as the JA3 reference does; of server_name and ALPN the
// first.
struct ClientHello {
  std::uint16_t legacy_version = 0;
  Bytes random;  // 32 bytes
  Bytes session_id;
  Bytes cookie;  // DTLS only
  U16List cipher_suites;
  Bytes compression_methods;
  ExtensionList extensions;

  Bytes server_name;      // host_name, as sent: any bytes at all
  ProtocolNameList alpn;  // as sent: any bytes at all
  U16List supported_groups;
  Bytes ec_point_formats;        // one byte each
  U16List signature_algorithms;  // of extension 13 only
  U16List supported_versions;
  bool has_ech = false;  // encrypted_client_hello (RFC 9849) is there: this is the outer hello
  bool has_early_data = false;
  bool has_pre_shared_key = false;
};

// `body` is the handshake message without its 4-byte header (12-byte in DTLS), whole.
// malformed: an odd cipher list, or extensions that do not fit their block. unsupported: never.
Result<ClientHello> parse_client_hello(Bytes body, TransportKind transport) noexcept;

// Bytes a peer chose, as text that is safe to show: printable ASCII as it is, the rest, and the
// backslash itself, as \xNN. Cut at 255.
InlineText<255> escaped_text(Bytes bytes) noexcept;

}  // namespace sekimori
