#include <cstdlib>
#include <string_view>

#include "core/text/timestamp.h"

// What parses is printed and parses again to the same microsecond.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto time = sekimori::parse_rfc3339(text);
  if (!time) return 0;
  const auto again = sekimori::parse_rfc3339(sekimori::format_rfc3339(*time));
  if (!again || *again != std::chrono::floor<std::chrono::microseconds>(*time)) std::abort();
  return 0;
}
