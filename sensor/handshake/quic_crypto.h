#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>

#include "core/bytes/cursor.h"
#include "sensor/handshake/tls_registry.h"

namespace sekimori {

// The longest handshake message that is put together. Browser hellos of today stay under 2.5 KB;
// those of test tools with many key shares under 8.
inline constexpr std::size_t kQuicCryptoSize = 8 * 1024;  // bytes

// The start of one side's CRYPTO stream at the Initial level (RFC 9000, section 19.6). Frames come
// in any order, overlap and repeat; of bytes that came twice the first stay. What lies beyond
// kQuicCryptoSize is dropped.
class QuicCryptoStream {
 public:
  void add(std::uint64_t offset, Bytes data) noexcept;

  // What is there from the start without a hole. Borrowed until the next add().
  Bytes run() const noexcept { return Bytes{bytes_}.first(run_); }

  void clear() noexcept;

 private:
  std::array<std::uint8_t, kQuicCryptoSize> bytes_;
  std::bitset<kQuicCryptoSize> present_;
  std::size_t run_ = 0;
};

// Adds the CRYPTO frames of one decrypted Initial to `stream` and yields their number. malformed: a
// frame that an Initial must not carry (RFC 9000, section 12.4). truncated: a frame that the
// packet's end cuts; nothing will follow. What stood before either was added.
Result<std::size_t> add_crypto_frames(Bytes frames, QuicCryptoStream& stream) noexcept;

// The body of the handshake message at the start of a run of CRYPTO bytes, borrowed from it. Faults
// as first_handshake() says; unsupported here is a message larger than kQuicCryptoSize.
Result<Bytes> first_crypto_message(Bytes run, HandshakeType wanted) noexcept;

}  // namespace sekimori
