#include "sensor/handshake/tls_record.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "sensor/handshake/server_hello.h"

namespace sekimori {
namespace {

constexpr std::size_t kMessageHeaderSize = 4;  // bytes; RFC 8446, section 4
constexpr std::uint8_t kMajor = 3;             // of every version from SSL 3.0 to TLS 1.3
constexpr std::uint8_t kHighestMinor = 4;      // 0x0304 is not allowed on a record, and seen
// RFC 5246, section 6.2.3: what a ciphertext fragment may have at most. Nothing larger is a record.
constexpr std::uint16_t kMaxFragment = (1U << 14U) + 2048U;  // bytes
constexpr std::uint16_t kLengthOffset = 3;                   // bytes, in a record's header
constexpr std::uint16_t kMessageOffset = 5;                  // bytes, in the stream

constexpr std::uint8_t kWarning = 1;     // RFC 5246, section 7.2: an alert's level
constexpr std::uint16_t kAlertSize = 2;  // bytes; more when it is encrypted

constexpr std::uint8_t kSsl2LongHeader = 0x80;  // RFC 5246, appendix E.2

tl::unexpected<Defect> unsupported(std::uint16_t at) noexcept {
  return tl::unexpected{Defect{Fault::unsupported, Layer::tls, at}};
}
tl::unexpected<Defect> truncated() noexcept {
  return tl::unexpected{Defect{Fault::truncated, Layer::tls, 0}};
}
tl::unexpected<Defect> malformed(std::uint16_t at) noexcept {
  return tl::unexpected{Defect{Fault::malformed, Layer::tls, at}};
}

struct Fragment {
  Bytes present;
  std::size_t length;  // declared; more than present.size() when the rest is still to come
};

struct RecordHeader {
  ContentType type;
  std::uint16_t length;
};

// Of a handshake or alert record. Each field is judged as soon as it is there: a stream that is not
// TLS must not be kept for long.
Result<RecordHeader> next_header(Cursor& stream) noexcept {
  const auto type = static_cast<ContentType>(stream.u8());
  if (type != ContentType::handshake && type != ContentType::alert) {
    return stream.reject(Layer::tls, 0);
  }
  if (stream.u8() != kMajor) return stream.reject(Layer::tls, 1);
  if (stream.u8() > kHighestMinor) return stream.reject(Layer::tls, 2);
  const std::uint16_t length = stream.u16();
  // RFC 8446, section 5.1: neither's fragment is ever empty.
  if (length == 0 || length > kMaxFragment) return stream.reject(Layer::tls, kLengthOffset);
  return stream.finish(Layer::tls, RecordHeader{type, length});
}

Result<Fragment> next_fragment(Cursor& stream) noexcept {
  while (true) {
    const Result<RecordHeader> header = next_header(stream);
    if (!header) return tl::unexpected{header.error()};
    if (header->type == ContentType::handshake) {
      const std::size_t present = std::min<std::size_t>(header->length, stream.left());
      return Fragment{stream.take(present), header->length};
    }
    const std::uint8_t level = stream.u8();
    if (!stream.ok()) return truncated();
    if (level != kWarning || header->length != kAlertSize) return unsupported(0);
    stream.skip(1);
  }
}

// Header and body; zero while the header is not whole.
std::size_t message_size(Bytes message) noexcept {
  Cursor cursor{message};
  cursor.skip(1);
  const std::size_t size = kMessageHeaderSize + cursor.u24();
  return cursor.ok() ? size : 0;
}

// The next message of `stream`, which stands at a record's header, and then at the header after the
// message's last record.
Result<Bytes> next_message(Cursor& stream, HandshakeType wanted,
                           std::span<std::uint8_t> scratch) noexcept {
  std::size_t joined = 0;
  while (true) {
    const Result<Fragment> fragment = next_fragment(stream);
    if (!fragment) return tl::unexpected{fragment.error()};
    const Bytes present = fragment->present;
    if (joined == 0 && !present.empty() && present.front() != static_cast<std::uint8_t>(wanted)) {
      return malformed(kMessageOffset);
    }
    const std::size_t alone = message_size(present);
    if (joined == 0 && alone > scratch.size()) return unsupported(kMessageOffset);
    if (joined == 0 && alone != 0 && alone <= present.size()) {
      return present.subspan(kMessageHeaderSize, alone - kMessageHeaderSize);
    }
    if (present.size() < fragment->length) return truncated();

    const std::size_t room = std::min(present.size(), scratch.size() - joined);
    std::copy_n(present.begin(), room, scratch.begin() + static_cast<std::ptrdiff_t>(joined));
    joined += room;
    const std::size_t size = message_size(scratch.first(joined));
    if (size > scratch.size()) return unsupported(kMessageOffset);
    if (size != 0 && size <= joined) {
      return Bytes{scratch.subspan(kMessageHeaderSize, size - kMessageHeaderSize)};
    }
    if (room < present.size()) return unsupported(kMessageOffset);  // not even a header fits
  }
}

// RFC 5246, appendix E.2: two bytes of length, the type, a version.
tl::unexpected<Defect> refuse_ssl2(Bytes stream) noexcept {
  Cursor cursor{stream};
  cursor.skip(2);
  if (cursor.u8() != static_cast<std::uint8_t>(HandshakeType::client_hello)) {
    return cursor.reject(Layer::tls, 2);
  }
  const std::uint16_t version = cursor.u16();
  const bool known =
      version == static_cast<std::uint16_t>(ProtocolVersion::ssl_2_0) || version >> 8U == kMajor;
  if (!known || !cursor.ok()) return cursor.reject(Layer::tls, 3);
  return unsupported(0);
}

}  // namespace

Result<Bytes> first_handshake(Bytes stream, HandshakeType wanted,
                              std::span<std::uint8_t> scratch) noexcept {
  const bool may_be_ssl2 = wanted == HandshakeType::client_hello && !stream.empty() &&
                           (stream.front() & kSsl2LongHeader) != 0;
  if (may_be_ssl2) return refuse_ssl2(stream);
  Cursor cursor{stream};
  return next_message(cursor, wanted, scratch);
}

bool starts_with_hello(Bytes segment, HandshakeType wanted) noexcept {
  constexpr std::uint32_t smallest_body =
      38;  // bytes: no session id, no cipher suite, no extensions
  Cursor cursor{segment};
  const Result<RecordHeader> header = next_header(cursor);
  if (!header || header->type != ContentType::handshake) return false;
  const std::uint8_t type = cursor.u8();
  const std::uint32_t length = cursor.u24();
  const std::uint8_t version_major = cursor.u8();
  const std::uint8_t version_minor = cursor.u8();
  return cursor.ok() && type == static_cast<std::uint8_t>(wanted) && length >= smallest_body &&
         length <= std::numeric_limits<std::uint16_t>::max() && version_major == kMajor &&
         version_minor <= kHighestMinor;
}

HandshakeFlight read_flight(Bytes stream, std::span<std::uint8_t> scratch) noexcept {
  Cursor cursor{stream};
  HandshakeFlight flight;
  std::size_t joined = 0;
  while (true) {
    const Result<Fragment> fragment = next_fragment(cursor);
    if (!fragment) {
      flight.is_over = fragment.error().fault != Fault::truncated;
      return flight;
    }
    const Bytes present = fragment->present;
    const bool is_whole = present.size() == fragment->length;
    if (flight.messages.empty() && (!is_whole || cursor.left() == 0)) return {present, false};
    const std::size_t room = std::min(present.size(), scratch.size() - joined);
    std::copy_n(present.begin(), room, scratch.begin() + static_cast<std::ptrdiff_t>(joined));
    joined += room;
    flight = {scratch.first(joined), joined == scratch.size()};
    if (flight.is_over || !is_whole) return flight;
  }
}

Result<Bytes> server_hello_after_retry(Bytes stream, std::span<std::uint8_t> scratch) noexcept {
  Cursor cursor{stream};
  const Result<Bytes> retry = next_message(cursor, HandshakeType::server_hello, scratch);
  if (!retry) return retry;
  if (!is_hello_retry_request(*retry)) return malformed(kMessageOffset);

  while (cursor.left() > 0) {
    Cursor ahead = cursor;
    if (ahead.u8() != static_cast<std::uint8_t>(ContentType::change_cipher_spec)) break;
    ahead.skip(2);
    ahead.skip(ahead.u16());
    if (!ahead.ok()) return truncated();
    cursor = ahead;
  }
  return next_message(cursor, HandshakeType::server_hello, scratch);
}

}  // namespace sekimori
