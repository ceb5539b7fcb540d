#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>

#include "core/bytes/cursor.h"

namespace sekimori {

// The longest handshake message that is put together from datagrams. Browser hellos of today stay
// under 2.5 KB; those of test tools with many key shares under 8.
inline constexpr std::size_t kMessageLimit = 8 * 1024;  // bytes

// The start of a handshake stream whose pieces say where they belong: CRYPTO frames (RFC 9000,
// section 19.6), DTLS fragments (RFC 6347, section 4.2.2). They come in any order, overlap and
// repeat; of bytes that came twice the first stay. What lies beyond kMessageLimit is dropped.
class MessagePieces {
 public:
  void add(std::uint64_t offset, Bytes data) noexcept;

  // What is there from the start without a hole. Borrowed until the next add().
  Bytes run() const noexcept { return Bytes{bytes_}.first(run_); }

  void clear() noexcept;

 private:
  std::array<std::uint8_t, kMessageLimit> bytes_;
  std::bitset<kMessageLimit> present_;
  std::size_t run_ = 0;
};

}  // namespace sekimori
