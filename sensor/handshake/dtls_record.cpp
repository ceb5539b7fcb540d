#include "sensor/handshake/dtls_record.h"

namespace sekimori {
namespace {

constexpr std::uint16_t kVersionOffset = 1;         // bytes, in a record's header
constexpr std::uint16_t kLengthOffset = 11;         // bytes, in a record's header
constexpr std::uint16_t kFragmentOffsetOffset = 6;  // bytes, in a fragment's header
constexpr std::size_t kSequenceSize = 6;            // bytes
// RFC 6347, section 4.1, as RFC 5246, section 6.2.3: nothing larger is a record.
constexpr std::uint16_t kMaxFragment = (1U << 14U) + 2048U;  // bytes
constexpr std::uint16_t kOldVersion = 0x0100;                // DTLS1_BAD_VER of OpenSSL

bool is_content_type(std::uint8_t type) noexcept {
  return type >= static_cast<std::uint8_t>(ContentType::change_cipher_spec) &&
         type <= static_cast<std::uint8_t>(ContentType::heartbeat);
}

bool is_record_version(std::uint16_t version) noexcept {
  switch (static_cast<ProtocolVersion>(version)) {
    case ProtocolVersion::dtls_1_0:
    case ProtocolVersion::dtls_1_2:
    case ProtocolVersion::dtls_1_3:  // not allowed on a record (RFC 9147, section 4), and harmless
      return true;
    default:
      return version == kOldVersion;
  }
}

}  // namespace

Result<DtlsRecord> parse_dtls_record(Bytes datagram) noexcept {
  Cursor cursor{datagram};
  const std::uint8_t type = cursor.u8();
  if (!is_content_type(type)) return cursor.reject(Layer::tls, 0);
  DtlsRecord record;
  record.type = static_cast<ContentType>(type);
  record.version = cursor.u16();
  if (!is_record_version(record.version)) return cursor.reject(Layer::tls, kVersionOffset);
  record.epoch = cursor.u16();
  cursor.skip(kSequenceSize);
  const std::uint16_t length = cursor.u16();
  if (length > kMaxFragment) return cursor.reject(Layer::tls, kLengthOffset);
  record.fragment = cursor.take(length);
  record.bytes = datagram.first(datagram.size() - cursor.left());
  return cursor.finish(Layer::tls, record);
}

Result<DtlsFragment> parse_dtls_fragment(Bytes fragments) noexcept {
  Cursor cursor{fragments};
  DtlsFragment fragment;
  fragment.type = static_cast<HandshakeType>(cursor.u8());
  fragment.message_size = cursor.u24();
  fragment.message_sequence = cursor.u16();
  fragment.offset = cursor.u24();
  const std::uint32_t length = cursor.u24();
  // Both are below 2^24, so the sum does not wrap.
  if (fragment.offset + length > fragment.message_size) {
    return cursor.reject(Layer::tls, kFragmentOffsetOffset);
  }
  fragment.body = cursor.take(length);
  fragment.bytes = fragments.first(fragments.size() - cursor.left());
  return cursor.finish(Layer::tls, fragment);
}

}  // namespace sekimori
