#pragma once

#include <cstdint>
#include <string_view>

#include "core/bytes/inline_text.h"

namespace sekimori {

// What a hello was found in. It decides the first letter of a JA4 and whether a ClientHello has a
// cookie.
enum class TransportKind : std::uint8_t { tls, quic, dtls };

// RFC 8446, section 5.1 and appendix B.1; heartbeat: RFC 6520.
enum class ContentType : std::uint8_t {
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application_data = 23,
  heartbeat = 24,
};

// RFC 8446, appendix B.3.
enum class HandshakeType : std::uint8_t {
  hello_request = 0,
  client_hello = 1,
  server_hello = 2,
  hello_verify_request = 3,
  certificate = 11,
};

// Every value this program tells apart; the lists on the wire hold many others.
enum class ProtocolVersion : std::uint16_t {
  ssl_2_0 = 0x0002,
  ssl_3_0 = 0x0300,
  tls_1_0 = 0x0301,
  tls_1_1 = 0x0302,
  tls_1_2 = 0x0303,
  tls_1_3 = 0x0304,
  dtls_1_0 = 0xfeff,
  dtls_1_2 = 0xfefd,
  dtls_1_3 = 0xfefc,
};

// IANA "TLS ExtensionType Values".
enum class ExtensionType : std::uint16_t {
  server_name = 0,
  supported_groups = 10,
  ec_point_formats = 11,
  signature_algorithms = 13,
  application_layer_protocol_negotiation = 16,
  pre_shared_key = 41,
  early_data = 42,
  supported_versions = 43,
  quic_transport_parameters = 57,
  encrypted_client_hello = 0xfe0d,
};

// RFC 8701: 0x0a0a, 0x1a1a, ... 0xfafa. Both halves are compared, so 0x0a1a is not taken for one.
constexpr bool is_grease(std::uint16_t value) noexcept {
  return (value & 0x0f0fU) == 0x0a0aU && value >> 8U == (value & 0xffU);
}

// ECS tls.version: the number alone ("1.3", "1.2", SSL 3 as "3.0", DTLS 1.2 as "1.2"). What is in
// no table, TLS 1.3 drafts among them, is written as on the wire: "0x7f17".
InlineText<8> tls_version_number(std::uint16_t version) noexcept;

// ECS tls.cipher: the IANA name, or "0xc0ff" when the suite is not in the table.
InlineText<48> cipher_suite_name(std::uint16_t suite) noexcept;

}  // namespace sekimori
