#include <algorithm>
#include <cstdlib>
#include <vector>

#include "sensor/handshake/openvpn_control.h"

namespace {

void demand(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// The TLS stream lies in scratch, and is no longer than what carries it; of a part of the stream it
// is a part.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekimori;
  const Bytes stream{data, size};
  std::vector<std::uint8_t> scratch(1024);
  const auto whole = parse_openvpn_control(stream, scratch);
  if (!whole) return 0;
  demand(whole->tls.size() <= scratch.size() && whole->tls.size() < size);
  std::vector<std::uint8_t> other(1024);
  const auto half = parse_openvpn_control(stream.first(size / 2), other);
  if (!half) {
    demand(half.error().fault == Fault::truncated);
    return 0;
  }
  demand(half->from_client == whole->from_client && half->tls.size() <= whole->tls.size());
  demand(std::equal(half->tls.begin(), half->tls.end(), whole->tls.begin()));
  return 0;
}
