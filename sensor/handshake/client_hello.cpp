#include "sensor/handshake/client_hello.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string_view>

namespace sekimori {
namespace {

constexpr std::size_t kRandomSize = 32;          // bytes
constexpr std::size_t kLengthSize = 2;           // bytes, of the extensions' block
constexpr std::size_t kExtensionHeaderSize = 4;  // bytes: type and length
constexpr std::uint8_t kHostName = 0;            // RFC 6066, section 3: the only name_type

// The inside of an extension that is one vector. Empty when the vector does not fit; what follows
// it in the extension is ignored, as Wireshark does.
Bytes vector_u8(Bytes data) noexcept {
  Cursor cursor{data};
  return cursor.take(cursor.u8());
}
Bytes vector_u16(Bytes data) noexcept {
  Cursor cursor{data};
  return cursor.take(cursor.u16());
}
U16List u16_list(Bytes vector) noexcept {
  return vector.size() % 2 == 0 ? U16List{vector} : U16List{};
}

// RFC 6066, section 3. The list's own length is not asked: the one name in it has one too.
Bytes host_name(Bytes data) noexcept {
  Cursor cursor{data};
  cursor.skip(2);
  if (cursor.u8() != kHostName) return {};
  return cursor.take(cursor.u16());
}

// How far into `whole` a cursor over it has come, as a Defect counts it.
std::uint16_t offset_in(Bytes whole, const Cursor& cursor) noexcept {
  constexpr std::size_t widest = std::numeric_limits<std::uint16_t>::max();
  return static_cast<std::uint16_t>(std::min(whole.size() - cursor.left(), widest));
}

struct SeenOnce {
  bool server_name = false;
  bool alpn = false;
};

void read_extension(const Extension& extension, SeenOnce& seen, ClientHello& hello) noexcept {
  switch (static_cast<ExtensionType>(extension.type)) {
    case ExtensionType::server_name:
      if (!seen.server_name) hello.server_name = host_name(extension.data);
      seen.server_name = true;
      break;
    case ExtensionType::supported_groups:
      hello.supported_groups = u16_list(vector_u16(extension.data));
      break;
    case ExtensionType::ec_point_formats:
      hello.ec_point_formats = vector_u8(extension.data);
      break;
    case ExtensionType::signature_algorithms:
      hello.signature_algorithms = u16_list(vector_u16(extension.data));
      break;
    case ExtensionType::application_layer_protocol_negotiation:
      if (!seen.alpn) hello.alpn = ProtocolNameList{vector_u16(extension.data)};
      seen.alpn = true;
      break;
    case ExtensionType::supported_versions:
      hello.supported_versions = u16_list(vector_u8(extension.data));
      break;
    case ExtensionType::pre_shared_key:
      hello.has_pre_shared_key = true;
      break;
    case ExtensionType::early_data:
      hello.has_early_data = true;
      break;
    case ExtensionType::encrypted_client_hello:
      hello.has_ech = true;
      break;
    case ExtensionType::quic_transport_parameters:
      break;
  }
}

}  // namespace

Result<ClientHello> parse_client_hello(Bytes body, TransportKind transport) noexcept {
  Cursor cursor{body};
  ClientHello hello;
  hello.legacy_version = cursor.u16();
  hello.random = cursor.take(kRandomSize);
  hello.session_id = cursor.take(cursor.u8());
  if (transport == TransportKind::dtls) hello.cookie = cursor.take(cursor.u8());

  const std::uint16_t cipher_bytes = cursor.u16();
  if (cipher_bytes % 2 != 0) {
    return cursor.reject(Layer::tls, static_cast<std::uint16_t>(offset_in(body, cursor) - 2));
  }
  hello.cipher_suites = U16List{cursor.take(cipher_bytes)};
  hello.compression_methods = cursor.take(cursor.u8());

  // RFC 5246, section 7.4.1.2: before TLS 1.3 the extensions may be absent, which only the length
  // tells. A byte that is too few for a length is none: servers pass over it, and so is it here.
  if (cursor.left() < kLengthSize) return cursor.finish(Layer::tls, hello);

  const Bytes extensions = cursor.take(cursor.u16());
  if (!cursor.ok()) return cursor.finish(Layer::tls, hello);

  // As little are bytes behind the last extension that are too few for another one's header.
  Cursor block{extensions};
  SeenOnce seen;
  while (block.left() >= kExtensionHeaderSize) {
    const Extension extension = ReadExtension::next(block);
    if (!block.ok()) return cursor.reject(Layer::tls, offset_in(body, cursor));
    read_extension(extension, seen, hello);
  }
  hello.extensions = ExtensionList{extensions.first(extensions.size() - block.left())};
  return cursor.finish(Layer::tls, hello);
}

InlineText<255> escaped_text(Bytes bytes) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  InlineText<255> text;
  for (const std::uint8_t byte : bytes) {
    if (byte > 0x1f && byte < 0x7f && byte != '\\') {
      text.push_back(static_cast<char>(byte));
    } else {
      const char escape[] = {'\\', 'x', digits[byte >> 4U], digits[byte & 0xfU]};
      text.append(std::string_view{escape, sizeof escape});
    }
    if (text.was_cut()) break;
  }
  return text;
}

}  // namespace sekimori
