#include "sensor/handshake/server_hello.h"

#include <algorithm>
#include <array>

#include "sensor/handshake/tls_registry.h"

namespace sekimori {
namespace {

constexpr std::size_t kRandomSize = 32;          // bytes
constexpr std::uint16_t kExtensionsOffset = 38;  // bytes, with an empty session id

// RFC 8446, section 4.1.3: SHA-256 of "HelloRetryRequest".
constexpr std::array<std::uint8_t, kRandomSize> kRetryRandom{
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

// Up to draft 21 of TLS 1.3 a ServerHello had no session id and no compression method, and the
// draft's number stood in the version (draft-ietf-tls-tls13-21, section 4.1.3); or that of TLS 1.3
// itself, which the finished protocol allows nowhere but in supported_versions.
constexpr std::uint8_t kDraftMajor = 0x7f;
constexpr std::uint8_t kFirstDraftOfFinalForm = 22;
bool has_short_form(std::uint16_t version) noexcept {
  if (version == static_cast<std::uint16_t>(ProtocolVersion::tls_1_3)) return true;
  return version >> 8U == kDraftMajor && (version & 0xffU) < kFirstDraftOfFinalForm;
}

void read_extension(const Extension& extension, ServerHello& hello) noexcept {
  Cursor cursor{extension.data};
  if (extension.type == static_cast<std::uint16_t>(ExtensionType::supported_versions)) {
    const std::uint16_t selected = cursor.u16();
    if (cursor.ok()) hello.negotiated_version = selected;
  }
  if (extension.type ==
      static_cast<std::uint16_t>(ExtensionType::application_layer_protocol_negotiation)) {
    const ProtocolNameList chosen{cursor.take(cursor.u16())};
    if (!chosen.empty()) hello.alpn = *chosen.begin();
  }
}

}  // namespace

Result<ServerHello> parse_server_hello(Bytes body) noexcept {
  Cursor cursor{body};
  ServerHello hello;
  hello.legacy_version = cursor.u16();
  hello.negotiated_version = hello.legacy_version;
  hello.random = cursor.take(kRandomSize);
  hello.is_hello_retry_request = is_hello_retry_request(body);
  const bool short_form = has_short_form(hello.legacy_version);
  if (!short_form) hello.session_id = cursor.take(cursor.u8());
  hello.cipher_suite = cursor.u16();
  if (!short_form) cursor.skip(1);  // compression method

  // Absent before TLS 1.3 when the client sent none (RFC 5246, section 7.4.1.3).
  if (cursor.left() == 0) return cursor.finish(Layer::tls, hello);

  hello.extensions = ExtensionList{cursor.take(cursor.u16())};
  if (!cursor.ok()) return cursor.finish(Layer::tls, hello);

  Cursor block{hello.extensions.bytes()};
  while (block.left() > 0) {
    const Extension extension = ReadExtension::next(block);
    if (!block.ok()) return cursor.reject(Layer::tls, kExtensionsOffset);
    read_extension(extension, hello);
  }
  return cursor.finish(Layer::tls, hello);
}

bool is_hello_retry_request(Bytes server_hello_body) noexcept {
  Cursor cursor{server_hello_body};
  cursor.skip(2);
  const Bytes random = cursor.take(kRandomSize);
  return std::ranges::equal(random, kRetryRandom);
}

}  // namespace sekimori
