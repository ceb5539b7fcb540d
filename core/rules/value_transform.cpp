#include "core/rules/value_transform.h"

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace sekimori {
namespace {

using Texts = std::vector<std::string>;
using Transformed = tl::expected<Texts, std::string>;

constexpr std::string_view kWildcards = "*?";

bool is_word(char one) noexcept {
  return (one >= '0' && one <= '9') || (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') ||
         one == '_' || (static_cast<unsigned char>(one) & 0x80U) != 0;
}

// Sigma, "windash": a dash or slash that begins a flag may be any of the five.
Transformed with_dashes(const std::string& value) {
  constexpr std::array<std::string_view, 5> kDashes{"-", "/", "\xe2\x80\x93", "\xe2\x80\x94",
                                                    "\xe2\x80\x95"};
  Texts texts{""};
  for (std::size_t at = 0; at < value.size();) {
    const std::string_view rest = std::string_view{value}.substr(at);
    std::size_t size = 1;
    bool dash = false;
    for (const std::string_view one : kDashes) {
      if (!rest.starts_with(one)) continue;
      size = one.size();
      dash = (at == 0 || !is_word(value[at - 1])) && at + size < value.size() &&
             is_word(value[at + size]);
    }
    if (!dash) {
      for (std::string& text : texts) text.append(rest.substr(0, size));
    } else if (texts.size() * kDashes.size() > kTransformedLimit) {
      return tl::unexpected{std::string{"more dashes than five"}};
    } else {
      Texts all;
      for (const std::string& text : texts) {
        for (const std::string_view one : kDashes) all.push_back(text + std::string{one});
      }
      texts = std::move(all);
    }
    at += size;
  }
  return texts;
}

// The bytes that a Sigma string stands for; nothing when it has a wildcard.
std::optional<std::string> plain_bytes(std::string_view value) {
  std::string bytes;
  for (std::size_t at = 0; at < value.size(); ++at) {
    const bool escapes = value[at] == '\\' && at + 1 < value.size() &&
                         (value[at + 1] == '\\' || kWildcards.find(value[at + 1]) < 2);
    if (escapes) {
      ++at;
    } else if (kWildcards.find(value[at]) != std::string_view::npos) {
      return std::nullopt;
    }
    bytes.push_back(value[at]);
  }
  return bytes;
}

// The next character of UTF-8 that read_yaml() has checked.
std::uint32_t next_character(std::string_view text, std::size_t& at) noexcept {
  const auto first = static_cast<unsigned char>(text[at++]);
  if (first < 0x80) return first;
  std::uint32_t character = first & (first >= 0xf0 ? 0x07U : first >= 0xe0 ? 0x0fU : 0x1fU);
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U) {
    character = character << 6U | (static_cast<unsigned char>(text[at++]) & 0x3fU);
  }
  return character;
}

// RFC 2781.
std::string utf16_of(std::string_view text, bool big_endian) {
  std::string bytes;
  const auto append = [&](std::uint32_t unit) {
    const auto high = static_cast<char>(unit >> 8U & 0xffU);
    const auto low = static_cast<char>(unit & 0xffU);
    bytes.push_back(big_endian ? high : low);
    bytes.push_back(big_endian ? low : high);
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t character = next_character(text, at);
    if (character < 0x10000) {
      append(character);
    } else {
      append(0xd800 + ((character - 0x10000) >> 10U));
      append(0xdc00 + ((character - 0x10000) & 0x3ffU));
    }
  }
  return bytes;
}

// RFC 4648, section 4.
std::string base64_of(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t place = 0; place < 3; ++place) {
      group <<= 8U;
      if (at + place < bytes.size()) group |= static_cast<unsigned char>(bytes[at + place]);
    }
    for (std::size_t place = 0; place < 4; ++place) {
      text.push_back(at + place > bytes.size() ? '='
                                               : kDigits[group >> (18U - 6U * place) & 0x3fU]);
    }
  }
  return text;
}

// What is the same of the text's base64 wherever the text begins in a longer one: for each of the
// three places, without the digits that what stands before and behind it has a part in.
Texts base64_parts(const std::string& bytes) {
  constexpr std::array<std::size_t, 3> kFirst{0, 2, 3};
  Texts parts;
  for (std::size_t before = 0; before < 3; ++before) {
    const std::string coded = base64_of(std::string(before, ' ') + bytes);
    const std::size_t whole = (before + bytes.size()) * 8 / 6;  // digits of these bytes alone
    if (whole > kFirst[before]) {
      parts.push_back(coded.substr(kFirst[before], whole - kFirst[before]));
    }
  }
  return parts;
}

Transformed encode(const std::string& value, Modifier modifier) {
  switch (modifier) {
    case Modifier::utf16le:
    case Modifier::wide:
      return Texts{utf16_of(value, false)};
    case Modifier::utf16be:
      return Texts{utf16_of(value, true)};
    case Modifier::utf16:
      return Texts{"\xff\xfe" + utf16_of(value, false)};
    case Modifier::base64:
      return Texts{base64_of(value)};
    case Modifier::base64offset:
      return base64_parts(value);
    default:
      return Texts{value};
  }
}

}  // namespace

// Dashes keep the string a Sigma string; the other encodings make bytes of it, and base64 ends in
// letters that are none of Sigma's.
Transformed transformed(std::string_view value, const std::vector<Modifier>& modifiers) {
  Texts texts{std::string{value}};
  bool bytes = false;
  for (const Modifier modifier : modifiers) {
    const bool dashes = modifier == Modifier::windash;
    const bool encodes = modifier == Modifier::base64 || modifier == Modifier::base64offset ||
                         modifier == Modifier::utf16 || modifier == Modifier::utf16le ||
                         modifier == Modifier::utf16be || modifier == Modifier::wide;
    if (!dashes && !encodes) continue;
    Texts all;
    for (const std::string& text : texts) {
      if (encodes && !bytes && !plain_bytes(text)) {
        return tl::unexpected{std::string{"a wildcard cannot be encoded"}};
      }
      auto some = dashes ? with_dashes(text) : encode(bytes ? text : *plain_bytes(text), modifier);
      if (!some) return some;
      all.insert(all.end(), some->begin(), some->end());
    }
    texts = std::move(all);
    bytes = bytes || encodes;
  }
  if (texts.empty()) return tl::unexpected{std::string{"too short to be told in base64"}};
  return texts;
}

}  // namespace sekimori
