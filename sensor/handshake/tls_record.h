#pragma once

#include <array>
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

// Follows the record boundaries of one direction over any number of segments and keeps none of
// their bytes, so that a flow can tell a segment that starts a record from one that goes on with an
// old one.
class TlsRecordWalker {
 public:
  struct Walk {
    std::uint8_t records = 0;  // that start in this segment; stays at 255
    ContentType first_type{};  // of the first of them; meaningless when there is none
    bool lost_sync = false;    // this is not, or no longer, a run of TLS records; for good
  };

  // The next bytes of the direction, in order and without a gap.
  Walk feed(Bytes segment) noexcept;

  // To be told of a gap: where records start after it is unknown.
  void lose_sync() noexcept { lost_sync_ = true; }

 private:
  std::uint16_t remaining_ = 0;           // bytes of the current record's fragment still to come
  std::array<std::uint8_t, 5> header_{};  // of the next record, as far as it was seen
  std::uint8_t header_size_ = 0;
  bool lost_sync_ = false;
};
static_assert(sizeof(TlsRecordWalker) <= 16, "two of them live in every flow");

}  // namespace sekimori
