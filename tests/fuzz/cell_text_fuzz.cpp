#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "collector/judge/cell_text.h"
#include "core/text/utf8.h"

// Printable text is UTF-8 without controls and printing it again changes nothing; wrapped lines
// keep the width and lose nothing but spaces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekimori;
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const std::string text = printable(input);
  if (first_bad_utf8(text) != text.size()) std::abort();
  const bool steers = std::any_of(text.begin(), text.end(), [](char one) {
    return static_cast<unsigned char>(one) < 0x20 || one == 0x7f;
  });
  if (steers || printable(text) != text) std::abort();
  const std::size_t width = 2 + size % 40;
  std::string joined;
  for (const std::string& line : wrapped(text, width)) {
    if (cells(line) > width) std::abort();
    joined += line;
  }
  std::string dense = text;
  std::erase(dense, ' ');
  std::erase(joined, ' ');
  if (joined != dense) std::abort();
  return 0;
}
