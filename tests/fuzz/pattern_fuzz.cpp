#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/rules/pattern.h"

namespace {

using namespace sekimori;

// The definition, by trying everything; ASCII only, so that a character is a byte.
bool by_definition(std::string_view pattern, std::string_view text, int& budget) {
  if (--budget < 0) return false;
  if (pattern.empty()) return text.empty();
  const char one = pattern[0];
  const bool escapes = one == '\\' && pattern.size() > 1 &&
                       std::string_view{"\\*?"}.find(pattern[1]) != std::string_view::npos;
  if (one == '*') {
    for (std::size_t at = 0; at <= text.size(); ++at) {
      if (by_definition(pattern.substr(1), text.substr(at), budget)) return true;
    }
    return false;
  }
  if (text.empty()) return false;
  if (one == '?') return by_definition(pattern.substr(1), text.substr(1), budget);
  const char wanted = escapes ? pattern[1] : one;
  return text[0] == wanted &&
         by_definition(pattern.substr(escapes ? 2 : 1), text.substr(1), budget);
}

}  // namespace

// The first line is the pattern, the rest the text: the matcher agrees with the definition.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data),
                               std::min<std::size_t>(size, 64)};
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return 0;
  for (const char one : input) {
    if (static_cast<unsigned char>(one) > 0x7f) return 0;
  }
  const std::string_view pattern = input.substr(0, end);
  const std::string_view text = input.substr(end + 1);
  int budget = 100'000;
  const bool expected = by_definition(pattern, text, budget);
  if (budget < 0) return 0;
  if (Pattern(pattern, Anchor::whole, Case::kept).matches(text) != expected) std::abort();
  // What lies whole lies anywhere.
  if (expected && !Pattern(pattern, Anchor::anywhere, Case::ignored).matches(text)) std::abort();
  return 0;
}
