#include "sensor/decode/ipv6.h"

#include <algorithm>

namespace sekimori {
namespace {

constexpr std::size_t kHeaderSize = 40;            // bytes
constexpr std::uint16_t kFragmentOffset = 0xfff8;  // in bytes, as it stands
constexpr std::uint16_t kMoreFragments = 0x0001;

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

// Reads one extension header and yields what comes next.
std::uint8_t skip_extension(Extension extension, Cursor& cursor, IpHeader& ip) noexcept {
  const std::uint8_t next_header = cursor.u8();
  const std::size_t length = cursor.u8();
  if (extension == Extension::fragment) {  // fixed size; the second byte is reserved
    const std::uint16_t offset_and_more = cursor.u16();
    ip.identification = cursor.u32();
    ip.fragment_offset = offset_and_more & kFragmentOffset;
    ip.more_fragments = (offset_and_more & kMoreFragments) != 0;
    ip.is_fragment = ip.more_fragments || ip.fragment_offset != 0;
  } else if (extension == Extension::authentication) {
    cursor.skip(length * 4 + 6);  // in 4-byte units, less two (RFC 4302, section 2.2)
  } else {
    cursor.skip(length * 8 + 6);  // in 8-byte units, less the first
  }
  return next_header;
}

// Moves protocol and payload behind the extension headers, or behind the Fragment header of a
// fragment. `before` is how many bytes of the packet come before the payload.
Result<IpHeader> skip_extensions(IpHeader ip, std::size_t before) noexcept {
  Cursor cursor{ip.payload};
  const auto at = [&] {
    return static_cast<std::uint16_t>(before + ip.payload.size() - cursor.left());
  };
  auto next_header = static_cast<std::uint8_t>(ip.protocol);
  for (int count = 0; is_extension(next_header) && !ip.is_fragment; ++count) {
    if (count == kMaxExtensions) {
      return tl::unexpected{Defect{Fault::unsupported, Layer::ipv6, at()}};
    }
    next_header = skip_extension(Extension{next_header}, cursor, ip);
    if (!cursor.ok()) return tl::unexpected{Defect{Fault::truncated, Layer::ipv6, at()}};
  }
  const Defect torn{Fault::malformed, Layer::ipv6, at()};
  const std::size_t skipped = ip.payload.size() - cursor.left();
  ip.protocol = IpProtocol{next_header};
  ip.payload = ip.payload.subspan(skipped);
  ip.payload_length -= static_cast<std::uint32_t>(skipped);
  const bool is_torn = ip.more_fragments && ip.payload_length % 8 != 0;
  if (ip.is_fragment && (is_torn || ip.payload_length == 0)) return tl::unexpected{torn};
  return ip;
}

}  // namespace

Result<IpHeader> parse_ipv6(Bytes packet) noexcept {
  Cursor header{packet};
  const std::uint8_t first = header.u8();
  header.skip(3);
  const std::uint16_t declared = header.u16();
  const IpProtocol next_header{header.u8()};
  const std::uint8_t hop_limit = header.u8();
  const Bytes source = header.take(16);
  const Bytes destination = header.take(16);
  const Bytes captured = header.take(header.left());
  if (!header.ok() || first >> 4U != 6) return header.reject(Layer::ipv6, 0);

  // Zero is a jumbogram (RFC 2675) or a segment not yet cut by the sending host's NIC.
  const std::size_t content_length = declared == 0 ? captured.size() : declared;
  IpHeader ip;
  ip.source = IpAddress::v6(source.first<16>());
  ip.destination = IpAddress::v6(destination.first<16>());
  ip.protocol = next_header;
  ip.ttl = hop_limit;
  ip.length = static_cast<std::uint32_t>(kHeaderSize + content_length);
  ip.payload_length = static_cast<std::uint32_t>(content_length);
  ip.payload = captured.first(std::min(captured.size(), content_length));
  return skip_extensions(ip, kHeaderSize);
}

Result<IpHeader> parse_ipv6_rest(const IpHeader& whole) noexcept {
  // The packet's own header has the size it had in a packet without extension headers before the
  // Fragment header: almost every packet is such.
  const Result<IpHeader> ip = skip_extensions(whole, kHeaderSize);
  if (ip && ip->is_fragment) {
    return tl::unexpected{Defect{Fault::unsupported, Layer::ipv6, kHeaderSize}};
  }
  return ip;
}

}  // namespace sekimori
