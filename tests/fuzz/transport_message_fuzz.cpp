#include <algorithm>
#include <cstdlib>

#include "core/record/transport_message.h"

// What parses is what encoding it gives; only a Hello of another version may be longer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sekimori::Bytes message{data, size};
  const auto parsed = sekimori::parse_transport_message(message);
  if (!parsed) return 0;
  const auto* hello = std::get_if<sekimori::Hello>(&*parsed);
  if (hello != nullptr && hello->version != sekimori::kTransportVersion) return 0;
  const std::vector<std::uint8_t> again = sekimori::encode_message(*parsed);
  if (!std::equal(again.begin(), again.end(), message.begin(), message.end())) std::abort();
  return 0;
}
