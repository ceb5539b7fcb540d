#include "sensor/handshake/quic_crypto.h"

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

}  // namespace

Result<std::size_t> add_crypto_frames(Bytes frames, MessagePieces& stream) noexcept {
  Cursor cursor{frames};
  std::size_t added = 0;
  while (cursor.left() > 0) {
    const auto at = static_cast<std::uint16_t>(frames.size() - cursor.left());
    const auto type = static_cast<FrameType>(quic_integer(cursor));
    switch (type) {
      case FrameType::padding:
      case FrameType::ping:
        break;
      case FrameType::ack:
      case FrameType::ack_with_ecn:
        skip_ack(cursor, type);
        break;
      case FrameType::crypto: {
        const std::uint64_t offset = quic_integer(cursor);
        const Bytes data = cursor.take(static_cast<std::size_t>(quic_integer(cursor)));
        if (!cursor.ok()) break;
        stream.add(offset, data);
        ++added;
        break;
      }
      case FrameType::connection_close:
        skip_connection_close(cursor);
        break;
      default:
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
