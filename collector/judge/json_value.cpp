#include "collector/judge/json_value.h"

#include <array>
#include <charconv>
#include <cmath>
#include <variant>

#include "core/record/ecs_json.h"
#include "core/text/timestamp.h"

namespace sekimori {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

template <typename T>
std::string digits(T number) {
  std::array<char, 32> chars{};
  const auto end = std::to_chars(chars.data(), chars.data() + chars.size(), number).ptr;
  return {chars.data(), end};
}

template <typename List, typename Text>
std::string list_of(const List& items, Text text) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += quoted(text(item));
  }
  return out + "]";
}

struct Shown {
  std::string operator()(std::monostate) const { return "null"; }
  std::string operator()(std::string_view text) const { return quoted(text); }
  std::string operator()(std::uint64_t number) const { return digits(number); }
  std::string operator()(double number) const {
    return std::isfinite(number) ? digits(number) : "null";
  }
  std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  std::string operator()(const IpAddress& ip) const { return quoted(ip.text()); }
  std::string operator()(Timestamp time) const { return quoted(format_rfc3339(time)); }
  std::string operator()(std::span<const AlpnName> names) const {
    return list_of(names, [](const AlpnName& name) { return name.view(); });
  }
  std::string operator()(std::span<const SignatureMatch> matches) const {
    return list_of(matches, [](const SignatureMatch& match) { return match.id.view(); });
  }
};

}  // namespace

std::string json_value(const FieldValue& value) {
  return std::visit(Shown{}, value);
}

}  // namespace sekimori
