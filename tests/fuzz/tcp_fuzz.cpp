#include <cstdlib>

#include "sensor/decode/tcp.h"

// Header, options and payload are the whole segment, in this order.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto tcp = sekimori::parse_tcp({data, size});
  if (!tcp && tcp.error().offset > size) std::abort();
  if (!tcp) return 0;
  if (20 + tcp->header.options.size() + tcp->payload.size() != size) std::abort();
  if (tcp->header.options.size() % 4 != 0) std::abort();
  return 0;
}
