#pragma once

#include <cstdint>

#include "core/bytes/cursor.h"
#include "sensor/handshake/tls_registry.h"

namespace sekimori {

// RFC 6347, section 4.1; RFC 9147, section 4, of its plaintext records. Borrowed from the datagram.
struct DtlsRecord {
  ContentType type = ContentType::handshake;
  std::uint16_t version = 0;
  std::uint16_t epoch = 0;  // 0: not encrypted
  Bytes fragment;
  Bytes bytes;  // the whole record; the datagram's next record follows it
};

// The first record of a datagram. The version may be 0x0100, which OpenSSL before 0.9.8f wrote and
// AnyConnect writes still. malformed: no DTLS record with a plain header; that is settled by its
// first three bytes, or by a length that no record has.
Result<DtlsRecord> parse_dtls_record(Bytes datagram) noexcept;

// A handshake message, or a part of one (RFC 6347, section 4.2.2). Borrowed from the record.
struct DtlsFragment {
  HandshakeType type = HandshakeType::client_hello;
  std::uint32_t message_size = 0;  // bytes, of the whole body
  std::uint16_t message_sequence = 0;
  std::uint32_t offset = 0;  // of `body` in the message's
  Bytes body;
  Bytes bytes;  // header and body; the record's next fragment follows them
};

// The first fragment in a handshake record. malformed: a part that does not lie in its message.
Result<DtlsFragment> parse_dtls_fragment(Bytes fragments) noexcept;

}  // namespace sekimori
