#include "sensor/handshake/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

namespace sekimori {
namespace {

// Section 2.1: "the worst case"; a line that is longer is no header.
constexpr std::size_t kLongestLine = 107;  // bytes, with its CRLF
constexpr std::string_view kWord = "PROXY ";
constexpr std::string_view kLineEnd = "\r\n";

// Section 2.2.
constexpr std::array<std::uint8_t, 12> kSignature{0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                                  0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
constexpr std::uint16_t kCommandOffset = 12;  // bytes
constexpr std::uint16_t kFamilyOffset = 13;
constexpr std::uint16_t kLengthOffset = 14;
constexpr std::uint8_t kVersion = 2;
enum class Command : std::uint8_t { local = 0, proxy = 1 };
enum class Family : std::uint8_t { unspecified = 0, ipv4 = 1, ipv6 = 2, local = 3 };
constexpr std::uint8_t kHighestTransport = 2;  // unspecified, stream, datagram

tl::unexpected<Defect> truncated() noexcept {
  return tl::unexpected{Defect{Fault::truncated, Layer::tcp, 0}};
}
tl::unexpected<Defect> malformed(std::size_t at) noexcept {
  return tl::unexpected{Defect{Fault::malformed, Layer::tcp, static_cast<std::uint16_t>(at)}};
}

// The text up to the next space, which is taken too.
std::string_view next_word(std::string_view& line) noexcept {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  return word;
}

std::optional<IpAddress> read_address(std::string_view word, bool is_v6) noexcept {
  if ((word.find(':') != std::string_view::npos) != is_v6) return std::nullopt;
  return IpAddress::parse(word);
}

std::optional<std::uint16_t> read_port(std::string_view word) noexcept {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), port);
  const bool is_whole = error == std::errc{} && end == word.data() + word.size();
  const bool is_padded = word.size() > 1 && word.front() == '0';
  if (!is_whole || is_padded) return std::nullopt;
  return port;
}

// Section 2.1: family, both addresses, both ports.
Result<ProxyHeader> read_line(std::string_view line, ProxyHeader header) noexcept {
  const std::string_view family = next_word(line);
  if (family == "UNKNOWN") return header;  // what follows it must be ignored
  const bool is_v6 = family == "TCP6";
  if (!is_v6 && family != "TCP4") return malformed(kWord.size());
  const auto source = read_address(next_word(line), is_v6);
  const auto destination = read_address(next_word(line), is_v6);
  const auto source_port = read_port(next_word(line));
  const auto destination_port = read_port(line);
  if (!source || !destination || !source_port || !destination_port) {
    return malformed(kWord.size());
  }
  header.client = *source;
  header.client_port = *source_port;
  return header;
}

Result<ProxyHeader> parse_version_1(Bytes stream) noexcept {
  std::array<char, kLongestLine> copy{};
  const std::size_t size = std::min(stream.size(), copy.size());
  std::copy_n(stream.begin(), size, copy.begin());
  std::string_view line{copy.data(), size};
  const std::size_t known = std::min(line.size(), kWord.size());
  if (line.substr(0, known) != kWord.substr(0, known)) return malformed(0);
  const std::size_t end = line.find(kLineEnd);
  if (end == std::string_view::npos) {
    return size < kLongestLine ? truncated() : malformed(kLongestLine);
  }
  ProxyHeader header;
  header.size = end + kLineEnd.size();
  return read_line(line.substr(kWord.size(), end - kWord.size()), header);
}

template <std::size_t Size>
std::span<const std::uint8_t, Size> fixed(Bytes bytes) noexcept {
  return std::span<const std::uint8_t, Size>{bytes.data(), Size};
}

// Section 2.2: source, destination, source port, destination port; vectors may follow.
Result<ProxyHeader> read_addresses(Bytes block, Family family, ProxyHeader header) noexcept {
  const std::size_t width = family == Family::ipv4 ? 4 : 16;
  Cursor cursor{block};
  const Bytes source = cursor.take(width);
  cursor.skip(width);
  header.client_port = cursor.u16();
  cursor.skip(2);
  if (!cursor.ok()) return malformed(kLengthOffset);
  header.client =
      family == Family::ipv4 ? IpAddress::v4(fixed<4>(source)) : IpAddress::v6(fixed<16>(source));
  return header;
}

Result<ProxyHeader> parse_version_2(Bytes stream) noexcept {
  const std::size_t known = std::min(stream.size(), kSignature.size());
  if (!std::equal(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(known),
                  kSignature.begin())) {
    return malformed(0);
  }
  Cursor cursor{stream};
  cursor.skip(kSignature.size());
  const std::uint8_t version_and_command = cursor.u8();
  const auto command = static_cast<Command>(version_and_command & 0x0fU);
  if (version_and_command >> 4U != kVersion ||
      (command != Command::local && command != Command::proxy)) {
    return cursor.reject(Layer::tcp, kCommandOffset);
  }
  const std::uint8_t family_and_transport = cursor.u8();
  const auto family = static_cast<Family>(family_and_transport >> 4U);
  if (family > Family::local || (family_and_transport & 0x0fU) > kHighestTransport) {
    return cursor.reject(Layer::tcp, kFamilyOffset);
  }
  const Bytes block = cursor.take(cursor.u16());
  if (!cursor.ok()) return truncated();
  ProxyHeader header;
  header.size = stream.size() - cursor.left();
  const bool names_client = family == Family::ipv4 || family == Family::ipv6;
  if (command == Command::local || !names_client) return header;
  return read_addresses(block, family, header);
}

}  // namespace

Result<ProxyHeader> parse_proxy_header(Bytes stream) noexcept {
  if (stream.empty()) return truncated();
  return stream.front() == kSignature.front() ? parse_version_2(stream) : parse_version_1(stream);
}

}  // namespace sekimori
