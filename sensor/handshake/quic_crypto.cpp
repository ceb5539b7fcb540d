#include "sensor/handshake/quic_crypto.h"

#include <array>

#include "sensor/handshake/quic_packet.h"

namespace sekimori {
namespace {

// RFC 9000, section 12.4: all that an Initial may carry.
enum class FrameType : std::uint64_t {
  padding = 0x00,
  ping = 0x01,
  ack = 0x02,
  ack_with_ecn = 0x03,
  crypto = 0x06,
  connection_close = 0x1c,
};

constexpr std::uint8_t kGoogleAck = 0x40;
constexpr std::uint8_t kGoogleAckBits = 0xc0;
constexpr std::uint8_t kGoogleAckRanges = 0x20;  // more than one

constexpr std::size_t kMessageHeaderSize = 4;  // bytes; RFC 8446, section 4

void skip_integers(Cursor& cursor, std::uint64_t count) noexcept {
  for (std::uint64_t i = 0; i < count && cursor.ok(); ++i) (void)quic_integer(cursor);
}

// RFC 9000, section 19.3.
void skip_ack(Cursor& cursor, FrameType type) noexcept {
  skip_integers(cursor, 2);
  const std::uint64_t ranges = quic_integer(cursor);
  skip_integers(cursor, 1);
  for (std::uint64_t i = 0; i < ranges && cursor.ok(); ++i) skip_integers(cursor, 2);
  if (type == FrameType::ack_with_ecn) skip_integers(cursor, 3);
}

// RFC 9000, section 19.19.
void skip_connection_close(Cursor& cursor) noexcept {
  skip_integers(cursor, 2);
  cursor.skip(static_cast<std::size_t>(quic_integer(cursor)));
}

// What the cursor stands behind: a whole frame, the type of a CRYPTO frame, or that of another.
enum class Frame : std::uint8_t { skipped, crypto, refused };

Frame next_frame(Cursor& cursor) noexcept {
  const auto type = static_cast<FrameType>(quic_integer(cursor));
  switch (type) {
    case FrameType::padding:
    case FrameType::ping:
      return Frame::skipped;
    case FrameType::ack:
    case FrameType::ack_with_ecn:
      skip_ack(cursor, type);
      return Frame::skipped;
    case FrameType::crypto:
      return Frame::crypto;
    case FrameType::connection_close:
      skip_connection_close(cursor);
      return Frame::skipped;
  }
  return Frame::refused;
}

// "QUIC Wire Layout Specification" (Google, 2016), section "ACK Frame", as of version 41: the
// type's lower bits are 1nllmm.
void skip_google_ack(Cursor& cursor, std::uint8_t type) noexcept {
  constexpr std::array<std::size_t, 4> sizes{1, 2, 4, 6};  // bytes, of ll and of mm
  const std::size_t largest_size = sizes[type >> 2U & 3U];
  const std::size_t block_size = sizes[type & 3U];
  cursor.skip(largest_size + sizeof(std::uint16_t));  // and the delay
  const std::size_t blocks = (type & kGoogleAckRanges) != 0 ? cursor.u8() : 0;
  cursor.skip(block_size + blocks * (1 + block_size));
  const std::size_t stamps = cursor.u8();
  if (stamps > 0) cursor.skip(5 + (stamps - 1) * 3);
}

// Google's numbers for the same frames. The CRYPTO frame itself is laid out as RFC 9000 has it.
Frame next_google_frame(Cursor& cursor) noexcept {
  constexpr std::uint8_t padding = 0x00;
  constexpr std::uint8_t ping = 0x07;
  constexpr std::uint8_t crypto = 0x08;
  const std::uint8_t type = cursor.u8();
  if (type == crypto) return Frame::crypto;
  if (type == padding || type == ping) return Frame::skipped;
  if ((type & kGoogleAckBits) != kGoogleAck) return Frame::refused;
  skip_google_ack(cursor, type);
  return Frame::skipped;
}

bool add_crypto_frame(Cursor& cursor, MessagePieces& stream) noexcept {
  const std::uint64_t offset = quic_integer(cursor);
  const Bytes data = cursor.take(static_cast<std::size_t>(quic_integer(cursor)));
  if (cursor.ok()) stream.add(offset, data);
  return cursor.ok();
}

}  // namespace

Result<std::size_t> add_crypto_frames(Bytes frames, std::uint32_t version,
                                      MessagePieces& stream) noexcept {
  const bool of_google = has_google_frames(version);
  Cursor cursor{frames};
  std::size_t added = 0;
  while (cursor.left() > 0) {
    const auto at = static_cast<std::uint16_t>(frames.size() - cursor.left());
    switch (of_google ? next_google_frame(cursor) : next_frame(cursor)) {
      case Frame::skipped:
        break;
      case Frame::crypto:
        added += add_crypto_frame(cursor, stream) ? 1U : 0U;
        break;
      case Frame::refused:
        return cursor.reject(Layer::quic, at);
    }
  }
  return cursor.finish(Layer::quic, added);
}

Result<Bytes> first_crypto_message(Bytes run, HandshakeType wanted) noexcept {
  Cursor cursor{run};
  if (cursor.u8() != static_cast<std::uint8_t>(wanted)) return cursor.reject(Layer::tls, 0);
  const std::uint32_t size = cursor.u24();
  if (cursor.ok() && size > kMessageLimit - kMessageHeaderSize) {
    return tl::unexpected{Defect{Fault::unsupported, Layer::tls, 1}};
  }
  const Bytes body = cursor.take(size);
  return cursor.finish(Layer::tls, body);
}

}  // namespace sekimori
