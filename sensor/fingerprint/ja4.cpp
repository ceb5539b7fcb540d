#include "sensor/fingerprint/ja4.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "sensor/fingerprint/digest.h"

namespace sekimori {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kNothingHashed = "000000000000";
constexpr std::size_t kHashDigits = 12;

constexpr bool is(std::uint16_t type, ExtensionType name) noexcept {
  return type == static_cast<std::uint16_t>(name);
}

// Values without GREASE, in ascending order.
struct SortedValues {
  std::array<std::uint16_t, kJa4MaxValues> values;
  std::size_t size = 0;

  bool add(std::uint16_t value) noexcept {
    if (size == values.size()) return false;
    values[size++] = value;
    return true;
  }
  void sort() noexcept {
    std::sort(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(size));
  }
};

struct Parts {
  SortedValues ciphers;
  SortedValues extensions;          // without server_name and ALPN
  std::size_t extension_count = 0;  // with them
  bool has_server_name = false;
};

// False when there are more than kJa4MaxValues of either.
bool collect(const ClientHello& hello, Parts& parts) noexcept {
  for (const std::uint16_t suite : hello.cipher_suites) {
    if (!is_grease(suite) && !parts.ciphers.add(suite)) return false;
  }
  for (const Extension& extension : hello.extensions) {
    if (is_grease(extension.type)) continue;
    ++parts.extension_count;
    const bool is_server_name = is(extension.type, ExtensionType::server_name);
    parts.has_server_name = parts.has_server_name || is_server_name;
    if (is_server_name ||
        is(extension.type, ExtensionType::application_layer_protocol_negotiation)) {
      continue;
    }
    if (!parts.extensions.add(extension.type)) return false;
  }
  parts.ciphers.sort();
  parts.extensions.sort();
  return true;
}

std::string_view version_name(std::uint16_t version) noexcept {
  switch (static_cast<ProtocolVersion>(version)) {
    case ProtocolVersion::tls_1_3:
      return "13";
    case ProtocolVersion::tls_1_2:
      return "12";
    case ProtocolVersion::tls_1_1:
      return "11";
    case ProtocolVersion::tls_1_0:
      return "10";
    case ProtocolVersion::ssl_3_0:
      return "s3";
    case ProtocolVersion::ssl_2_0:
      return "s2";
    case ProtocolVersion::dtls_1_0:
      return "d1";
    case ProtocolVersion::dtls_1_2:
      return "d2";
    case ProtocolVersion::dtls_1_3:
      return "d3";
  }
  return "00";
}

// The highest of supported_versions, which in DTLS is the smallest number: they count down.
std::uint16_t offered_version(const ClientHello& hello, TransportKind transport) noexcept {
  bool any = false;
  std::uint16_t best = hello.legacy_version;
  for (const std::uint16_t version : hello.supported_versions) {
    if (is_grease(version)) continue;
    const bool newer = transport == TransportKind::dtls ? version < best : version > best;
    if (!any || newer) best = version;
    any = true;
  }
  return best;
}

bool is_alphanumeric(std::uint8_t byte) noexcept {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= 'a' && byte <= 'z');
}

InlineText<2> alpn_name(const ClientHello& hello) noexcept {
  const auto first_name = hello.alpn.begin();
  if (first_name == hello.alpn.end() || first_name->empty()) return {"00"};
  const std::uint8_t first = first_name->front();
  const std::uint8_t last = first_name->back();
  InlineText<2> text;
  if (is_alphanumeric(first) && is_alphanumeric(last)) {
    text.push_back(static_cast<char>(first));
    text.push_back(static_cast<char>(last));
  } else {
    text.push_back(kHexDigits[first >> 4U]);
    text.push_back(kHexDigits[last & 0xfU]);
  }
  return text;
}

InlineText<2> two_digits(std::size_t count) noexcept {
  const std::size_t shown = std::min<std::size_t>(count, 99);
  InlineText<2> text;
  text.push_back(kHexDigits[shown / 10]);
  text.push_back(kHexDigits[shown % 10]);
  return text;
}

InlineText<10> part_a(const ClientHello& hello, TransportKind transport,
                      const Parts& parts) noexcept {
  InlineText<10> text;
  switch (transport) {
    case TransportKind::tls:
      text.push_back('t');
      break;
    case TransportKind::quic:
      text.push_back('q');
      break;
    case TransportKind::dtls:
      text.push_back('d');
      break;
  }
  text.append(version_name(offered_version(hello, transport)));
  text.push_back(parts.has_server_name ? 'd' : 'i');
  text.append(two_digits(parts.ciphers.size));
  text.append(two_digits(parts.extension_count));
  text.append(alpn_name(hello));
  return text;
}

// Sink is a std::string or a Digest. Values as four hex digits, joined by ",".
template <typename Sink>
class HexList {
 public:
  explicit HexList(Sink& sink) noexcept : sink_{sink} {}
  void add(std::uint16_t value) {
    if (!first_) sink_.append(std::string_view{","});
    first_ = false;
    const std::array<char, 4> digits{kHexDigits[value >> 12U], kHexDigits[value >> 8U & 0xfU],
                                     kHexDigits[value >> 4U & 0xfU], kHexDigits[value & 0xfU]};
    sink_.append(std::string_view{digits.data(), digits.size()});
  }

 private:
  Sink& sink_;
  bool first_ = true;
};

template <typename Sink>
void write_sorted(const SortedValues& sorted, Sink& sink) {
  HexList list{sink};
  for (std::size_t i = 0; i < sorted.size; ++i) list.add(sorted.values[i]);
}

// With the underscore before them; nothing at all when there are none.
template <typename Sink>
void write_signature_algorithms(const ClientHello& hello, Sink& sink) {
  HexList list{sink};
  bool first = true;
  for (const std::uint16_t algorithm : hello.signature_algorithms) {
    if (is_grease(algorithm)) continue;
    if (first) sink.append(std::string_view{"_"});
    first = false;
    list.add(algorithm);
  }
}

}  // namespace

Ja4Text ja4(const ClientHello& hello, TransportKind transport) noexcept {
  Parts parts;
  if (!collect(hello, parts)) return {};

  InlineText<64> ciphers{kNothingHashed};
  if (parts.ciphers.size > 0) {
    Digest sha256{DigestKind::sha256};
    write_sorted(parts.ciphers, sha256);
    ciphers = sha256.hex(kHashDigits);
  }
  InlineText<64> extensions{kNothingHashed};
  if (parts.extensions.size > 0) {
    Digest sha256{DigestKind::sha256};
    write_sorted(parts.extensions, sha256);
    write_signature_algorithms(hello, sha256);
    extensions = sha256.hex(kHashDigits);
  }
  if (ciphers.empty() || extensions.empty()) return {};

  Ja4Text text{part_a(hello, transport, parts).view()};
  text.push_back('_');
  text.append(ciphers);
  text.push_back('_');
  text.append(extensions);
  return text;
}

std::string_view why_no_ja4(const ClientHello& hello) noexcept {
  Parts parts;
  if (!collect(hello, parts)) return "too_many_values";
  return Digest{DigestKind::sha256}.hex(kHashDigits).empty() ? "no_digest" : std::string_view{};
}

void append_ja4_r(const ClientHello& hello, TransportKind transport, std::string& text) {
  Parts parts;
  if (!collect(hello, parts)) return;
  text.append(part_a(hello, transport, parts).view());
  text.push_back('_');
  write_sorted(parts.ciphers, text);
  text.push_back('_');
  write_sorted(parts.extensions, text);
  write_signature_algorithms(hello, text);
}

}  // namespace sekimori
