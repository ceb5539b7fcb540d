#pragma once

#include <cstdint>
#include <span>

#include "core/bytes/cursor.h"
#include "sensor/handshake/tls_registry.h"

namespace sekimori {

// The body (without the 4-byte handshake header) of the handshake message that opens one
// direction's stream. Borrowed: from `stream` when it lies in one TLS record, else joined in
// `scratch`, whose size is the largest message wanted, header included.
//
// truncated: so far all is well, more bytes are needed. malformed: no such message opens this
// stream, which is settled by the sixth byte if it is not TLS at all. unsupported: an alert, an
// SSL 2.0 hello, or a message larger than `scratch`. After either of the last two more bytes change
// nothing.
Result<Bytes> first_handshake(Bytes stream, HandshakeType wanted,
                              std::span<std::uint8_t> scratch) noexcept;

// True when a segment begins with a record that begins with a hello, as far as its first 11 bytes
// tell. For streams that are something else first and turn to TLS later (STARTTLS, CONNECT, SOCKS,
// RDP): there the hello opens a segment, since its sender has waited for the other side's consent.
bool starts_with_hello(Bytes segment, HandshakeType wanted) noexcept;

// The ServerHello that follows a HelloRetryRequest in the server's stream (RFC 8446, section 2.1),
// the change_cipher_spec records in between skipped. `stream` is the server's from its first byte.
// Faults as above; malformed too when the stream's first message is no HelloRetryRequest.
Result<Bytes> server_hello_after_retry(Bytes stream, std::span<std::uint8_t> scratch) noexcept;

// What is there of the handshake messages that open one direction's stream, headers included and
// record headers taken out: of a server up to TLS 1.2 its ServerHello, its certificates and more in
// the clear. Borrowed from `stream` when it lies in one record, else joined in `scratch`, and cut
// to its size.
struct HandshakeFlight {
  Bytes messages;
  bool is_over = false;  // something else follows, or there is no more room
};
HandshakeFlight read_flight(Bytes stream, std::span<std::uint8_t> scratch) noexcept;

}  // namespace sekimori
