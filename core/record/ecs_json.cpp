#include "core/record/ecs_json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <type_traits>

namespace sekimori {
namespace {

constexpr char32_t kReplacement = 0xfffd;

// One character from the front of a text that may hold anything.
struct Character {
  char32_t code = kReplacement;
  std::size_t size = 1;  // bytes taken
  bool valid = false;
};

// RFC 3629, section 4: no overlong form, no surrogate, nothing past U+10FFFF.
Character first_character(std::string_view text) noexcept {
  const auto byte = [text](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return {};
  char32_t code = lead & (0x7fU >> size);
  for (std::size_t at = 1; at < size; ++at) {
    if ((byte(at) & 0xc0U) != 0x80U) return {};
    code = code << 6U | (byte(at) & 0x3fU);
  }
  const char32_t least = size == 4 ? 0x10000 : size == 3 ? 0x800 : 0x80;
  if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, size, true};
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

template <typename T>
void append_number(std::string& out, T number) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), number).ptr;
  out.append(digits.begin(), end);
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
    out += '}';
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
void append_value(std::string& out, std::monostate) {
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
    const Character next = first_character(text);
    if (!next.valid) {
      out += "\xef\xbf\xbd";  // U+FFFD
    } else if (next.code == '"' || next.code == '\\') {
      out += '\\';
      out += static_cast<char>(next.code);
    } else if (wants_escape(next.code)) {
      append_escape(out, next.code);
    } else {
      out += text.substr(0, next.size);
    }
    text.remove_prefix(next.size);
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
