#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes/cursor.h"
#include "sensor/handshake/message_pieces.h"
#include "sensor/handshake/tls_registry.h"

namespace sekimori {

// Adds the CRYPTO frames of one decrypted Initial to `stream` and yields their number. `version` is
// the packet's: Google's number their frames otherwise. malformed: a frame that an Initial must not
// carry (RFC 9000, section 12.4). truncated: a frame that the packet's end cuts; nothing will
// follow. What stood before either was added.
Result<std::size_t> add_crypto_frames(Bytes frames, std::uint32_t version,
                                      MessagePieces& stream) noexcept;

// The body of the handshake message at the start of a run of CRYPTO bytes, borrowed from it. Faults
// as first_handshake() says; unsupported here is a message larger than kMessageLimit.
Result<Bytes> first_crypto_message(Bytes run, HandshakeType wanted) noexcept;

}  // namespace sekimori
