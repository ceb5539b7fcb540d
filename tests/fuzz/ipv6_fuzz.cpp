#include <cstdlib>

#include "sensor/decode/ipv6.h"

// The payload lies inside the packet and is no longer than declared; lengths add up. A fragment is
// not empty, and another can begin where it ends.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto ip = sekimori::parse_ipv6({data, size});
  if (!ip) return 0;
  if (ip->payload.size() > ip->payload_length) std::abort();
  if (ip->payload_length >= ip->length) std::abort();
  if (ip->payload.data() < data || ip->payload.data() + ip->payload.size() > data + size) {
    std::abort();
  }
  if (ip->is_fragment && ip->payload_length == 0) std::abort();
  if (ip->more_fragments && ip->payload_length % 8 != 0) std::abort();
  if (!ip->is_fragment && (ip->more_fragments || ip->fragment_offset != 0)) std::abort();
  if (!ip->source.is_v6() || !ip->destination.is_v6()) std::abort();
  return 0;
}
