#include <algorithm>
#include <cstdlib>

#include "sensor/decode/tcp.h"

// The first byte says how much the capture cut. Header, options and payload are the segment as it
// was captured, in this order; options are whole unless it was cut amid them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const sekimori::Bytes segment{data + 1, size - 1};
  const auto declared = static_cast<std::uint32_t>(segment.size() + data[0]);
  const auto tcp = sekimori::parse_tcp(segment, declared);
  if (!tcp && tcp.error().offset > segment.size()) std::abort();
  if (!tcp) return 0;
  const std::size_t options = tcp->header.options.size();
  if (20 + options + tcp->payload.size() != segment.size()) std::abort();
  if (tcp->payload.size() > tcp->payload_length) std::abort();
  if (options % 4 != 0 && data[0] == 0) std::abort();
  const std::size_t header_size = declared - tcp->payload_length;
  if (header_size < 20 || header_size > 60 || options > header_size - 20) std::abort();
  return 0;
}
