#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "core/bytes/cursor.h"
#include "sensor/handshake/quic_packet.h"

namespace sekimori {

// RFC 9001, sections 5.2 to 5.4: AEAD_AES_128_GCM, for Initials always.
struct QuicProtection {
  std::array<std::uint8_t, 16> key;
  std::array<std::uint8_t, 12> iv;
  std::array<std::uint8_t, 16> hp;
};

// Who protects with it.
enum class QuicSide : std::uint8_t { client, server };

// No secret: anyone who sees the first datagram can derive it. `destination_id` is that of the
// client's first Initial; after a Retry, the Retry's source id, which is then the destination id of
// the client's Initials (RFC 9001, section 5.2). The destination ids that follow the server's first
// answer change nothing. `version` is the packet's own: a server may answer in another one, with
// the same id (RFC 9369, section 4.1). Nothing for an unknown version, and where OpenSSL refuses
// HMAC-SHA-256.
std::optional<QuicProtection> derive_initial_protection(std::uint32_t version, Bytes destination_id,
                                                        QuicSide sender) noexcept;

// The frames inside an Initial, decrypted into `scratch`, which must be as long as its protected
// part. malformed: it was not protected with these keys, or was changed on the way. unsupported: no
// Initial, or `scratch` is too short. No allocation after a thread's first call.
Result<Bytes> open_initial(const QuicLongPacket& packet, const QuicProtection& protection,
                           std::span<std::uint8_t> scratch) noexcept;

}  // namespace sekimori
