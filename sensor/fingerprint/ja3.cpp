#include "sensor/fingerprint/ja3.h"

#include <array>
#include <charconv>
#include <string_view>

#include "sensor/fingerprint/digest.h"

namespace sekimori {
namespace {

// Sink is a std::string or a Digest.
template <typename Sink>
void append_decimal(Sink& sink, std::uint16_t number) {
  std::array<char, 5> digits;
  const char* const end = std::to_chars(digits.begin(), digits.end(), number).ptr;
  sink.append(std::string_view{digits.begin(), end});
}

// One field: numbers joined by "-".
template <typename Sink>
class Field {
 public:
  explicit Field(Sink& sink) noexcept : sink_{sink} {}
  void add(std::uint16_t number) {
    if (!first_) sink_.append(std::string_view{"-"});
    first_ = false;
    append_decimal(sink_, number);
  }
  void add_unless_grease(std::uint16_t number) {
    if (!is_grease(number)) add(number);
  }

 private:
  Sink& sink_;
  bool first_ = true;
};

template <typename Sink>
void write_ja3(const ClientHello& hello, Sink& sink) {
  constexpr std::string_view comma = ",";
  append_decimal(sink, hello.legacy_version);
  sink.append(comma);
  Field ciphers{sink};
  for (const std::uint16_t suite : hello.cipher_suites) ciphers.add_unless_grease(suite);
  sink.append(comma);
  Field types{sink};
  for (const Extension& extension : hello.extensions) types.add_unless_grease(extension.type);
  sink.append(comma);
  Field groups{sink};
  for (const std::uint16_t group : hello.supported_groups) groups.add_unless_grease(group);
  sink.append(comma);
  Field formats{sink};
  for (const std::uint8_t format : hello.ec_point_formats) formats.add(format);
}

template <typename Sink>
void write_ja3s(const ServerHello& hello, Sink& sink) {
  constexpr std::string_view comma = ",";
  append_decimal(sink, hello.legacy_version);
  sink.append(comma);
  append_decimal(sink, hello.cipher_suite);
  sink.append(comma);
  Field types{sink};
  for (const Extension& extension : hello.extensions) types.add(extension.type);
}

Ja3Text hex(Digest& md5) noexcept {
  return {md5.hex(Ja3Text::capacity()).view()};
}

}  // namespace

Ja3Text ja3(const ClientHello& hello) noexcept {
  Digest md5{DigestKind::md5};
  write_ja3(hello, md5);
  return hex(md5);
}

Ja3Text ja3s(const ServerHello& hello) noexcept {
  Digest md5{DigestKind::md5};
  write_ja3s(hello, md5);
  return hex(md5);
}

std::string ja3_string(const ClientHello& hello) {
  std::string text;
  write_ja3(hello, text);
  return text;
}

std::string ja3s_string(const ServerHello& hello) {
  std::string text;
  write_ja3s(hello, text);
  return text;
}

}  // namespace sekimori
