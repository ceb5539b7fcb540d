#include "sensor/decode/ipv6.h"

#include <algorithm>

namespace sekimori {
namespace {

constexpr std::size_t kHeaderSize = 40;  // bytes
constexpr std::uint16_t kFragmentOffsetAndMore = 0xfff9;

// RFC 8200, section 4.1 recommends each header once and destination options twice: seven of the
// kinds below. More is a chain made to be walked.
constexpr int kMaxExtensions = 8;

// IANA's IPv6 Extension Header Types that can be walked.
enum class Extension : std::uint8_t {
  hop_by_hop = 0,
  routing = 43,
  fragment = 44,
  authentication = 51,
  destination_options = 60,
  mobility = 135,
  host_identity = 139,
  shim6 = 140,
};

bool is_extension(std::uint8_t next_header) noexcept {
  switch (Extension{next_header}) {
    case Extension::hop_by_hop:
    case Extension::routing:
    case Extension::fragment:
    case Extension::authentication:
    case Extension::destination_options:
    case Extension::mobility:
    case Extension::host_identity:
    case Extension::shim6:
      return true;
  }
  return false;
}

// Reads one extension header and yields what comes next; `is_fragment` is set by a fragment header
// unless it holds the whole packet (RFC 6946).
std::uint8_t skip_extension(Extension extension, Cursor& cursor, bool& is_fragment) noexcept {
  const std::uint8_t next_header = cursor.u8();
  const std::size_t length = cursor.u8();
  if (extension == Extension::fragment) {  // fixed size; the second byte is reserved
    is_fragment = is_fragment || (cursor.u16() & kFragmentOffsetAndMore) != 0;
    cursor.skip(4);
  } else if (extension == Extension::authentication) {
    cursor.skip(length * 4 + 6);  // in 4-byte units, less two (RFC 4302, section 2.2)
  } else {
    cursor.skip(length * 8 + 6);  // in 8-byte units, less the first
  }
  return next_header;
}

}  // namespace

Result<IpHeader> parse_ipv6(Bytes packet) noexcept {
  Cursor header{packet};
  const std::uint8_t first = header.u8();
  header.skip(3);
  const std::uint16_t declared = header.u16();
  std::uint8_t next_header = header.u8();
  const std::uint8_t hop_limit = header.u8();
  const Bytes source = header.take(16);
  const Bytes destination = header.take(16);
  const Bytes captured = header.take(header.left());
  if (!header.ok() || first >> 4U != 6) return header.reject(Layer::ipv6, 0);

  // Zero is a jumbogram (RFC 2675) or a segment not yet cut by the sending host's NIC.
  const std::size_t content_length = declared == 0 ? captured.size() : declared;
  const Bytes content = captured.first(std::min(captured.size(), content_length));

  Cursor cursor{content};
  const auto offset = [&] {
    return static_cast<std::uint16_t>(kHeaderSize + content.size() - cursor.left());
  };
  bool is_fragment = false;
  for (int count = 0; is_extension(next_header); ++count) {
    if (count == kMaxExtensions || is_fragment) {
      return tl::unexpected{Defect{Fault::unsupported, Layer::ipv6, offset()}};
    }
    next_header = skip_extension(Extension{next_header}, cursor, is_fragment);
    if (!cursor.ok()) return tl::unexpected{Defect{Fault::truncated, Layer::ipv6, offset()}};
  }
  if (is_fragment) return tl::unexpected{Defect{Fault::unsupported, Layer::ipv6, offset()}};

  const std::size_t extensions_size = content.size() - cursor.left();
  return IpHeader{IpAddress::v6(source.first<16>()),
                  IpAddress::v6(destination.first<16>()),
                  IpProtocol{next_header},
                  hop_limit,
                  0,
                  false,
                  static_cast<std::uint32_t>(kHeaderSize + content_length),
                  content.subspan(extensions_size),
                  static_cast<std::uint32_t>(content_length - extensions_size)};
}

}  // namespace sekimori
