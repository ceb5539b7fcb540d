#include "core/record/ecs_json.h"

#include <array>
#include <charconv>
#include <cmath>

#include "core/text/utf8.h"

namespace sekimori {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD in UTF-8

struct Character {
  char32_t code;
  std::size_t size;  // bytes
};

// The first character of text that is known to be well formed (RFC 3629, section 3).
Character first_character(std::string_view text) noexcept {
  const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  char32_t code = lead & (0x7fU >> size);
  for (std::size_t at = 1; at < size; ++at) code = code << 6U | (byte(at) & 0x3fU);
  return {code, size};
}

bool wants_escape(char32_t code) noexcept {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

// All characters that are escaped lie below U+10000, so none needs a surrogate pair.
void append_escape(std::string& out, char32_t code) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += digits[(code >> shift) & 0xfU];
}

void append_well_formed(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const Character next = first_character(text);
    if (next.code == '"' || next.code == '\\') out += '\\';
    if (wants_escape(next.code)) {
      append_escape(out, next.code);
    } else {
      out += text.substr(0, next.size);
    }
    text.remove_prefix(next.size);
  }
}

template <typename T>
void append_number(std::string& out, T number) {
  std::array<char, 32> digits{};
  const char* const end = std::to_chars(digits.begin(), digits.end(), number).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_value(std::string& out, std::span<const AlpnName> names) {
  char before = '[';
  for (const AlpnName& name : names) {
    out += before;
    append_json_string(out, name);
    before = ',';
  }
  out += names.empty() ? "[]" : "]";
}

void append_value(std::string& out, std::span<const SignatureMatch> matches) {
  char before = '[';
  for (const SignatureMatch& match : matches) {
    out += before;
    out += "{\"id\":";
    append_json_string(out, match.id);
    out += ",\"title\":";
    append_json_string(out, match.title);
    out += ",\"level\":";
    append_json_string(out, match.level);
    out += match.shadow ? ",\"shadow\":true}" : "}";
    before = ',';
  }
  out += matches.empty() ? "[]" : "]";
}

void append_value(std::string& out, std::string_view text) {
  append_json_string(out, text);
}
void append_value(std::string& out, std::uint64_t number) {
  append_number(out, number);
}
void append_value(std::string& out, double number) {
  append_number(out, number);
}
void append_value(std::string& out, bool flag) {
  out += flag ? "true" : "false";
}
void append_value(std::string& out, std::monostate /*absent*/) {
  out += "null";
}
void append_value(std::string& out, const IpAddress& ip) {
  append_json_string(out, ip.text());
}
void append_value(std::string& out, Timestamp time) {
  append_json_string(out, format_rfc3339(time));
}

bool is_present(const FieldValue& value) noexcept {
  if (const double* number = std::get_if<double>(&value)) return std::isfinite(*number);
  return !std::holds_alternative<std::monostate>(value);
}

// Opens and closes objects so that each dotted name finds itself in its own.
class Nesting {
 public:
  explicit Nesting(std::string& out) : out_{out} { out_ += '{'; }

  void key(std::string_view name) {
    const std::size_t leaf = name.rfind('.') + 1;  // npos + 1 is 0
    const std::string_view object = name.substr(0, leaf);
    while (!object.starts_with(open_)) close();
    while (open_.size() < object.size()) {
      const std::size_t dot = name.find('.', open_.size());
      quote(name.substr(open_.size(), dot - open_.size()));
      out_ += '{';
      open_ = name.substr(0, dot + 1);
      first_ = true;
    }
    quote(name.substr(leaf));
  }
  void finish() {
    while (!open_.empty()) close();
    out_ += '}';
  }

 private:
  void quote(std::string_view word) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += word;
    out_ += "\":";
  }
  void close() {
    out_ += '}';
    open_.remove_suffix(1);
    open_ = open_.substr(0, open_.rfind('.') + 1);
  }

  std::string& out_;
  std::string_view open_;  // the innermost open object's name with its last dot: "client.geo."
  bool first_ = true;
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t good = first_bad_utf8(text);
    append_well_formed(out, text.substr(0, good));
    if (good == text.size()) break;
    out += kReplacement;
    text.remove_prefix(good + 1);
  }
  out += '"';
}

void append_json(std::string& out, std::span<const FieldSpec> schema, FieldReader reader) {
  Nesting nesting{out};
  FieldScratch scratch;
  for (std::size_t id = 0; id < schema.size(); ++id) {
    const FieldValue value = reader(static_cast<FieldId>(id), scratch);
    if (!is_present(value)) continue;
    nesting.key(schema[id].name);
    std::visit([&out](const auto& held) { append_value(out, held); }, value);
  }
  nesting.finish();
}

}  // namespace sekimori
