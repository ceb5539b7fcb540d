#include <cstdlib>

#include "sensor/handshake/proxy_protocol.h"

namespace {

void demand(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// A header lies in its stream; nothing behind it changes what it says; and no part of it is a
// header, nor is refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekimori;
  const Bytes stream{data, size};
  const auto header = parse_proxy_header(stream);
  if (!header) return 0;
  demand(header->size > 0 && header->size <= size);
  demand(header->client || header->client_port == 0);
  const auto alone = parse_proxy_header(stream.first(header->size));
  demand(alone && alone->size == header->size && alone->client == header->client);
  demand(alone->client_port == header->client_port);
  const auto part = parse_proxy_header(stream.first(header->size - 1));
  demand(!part && part.error().fault == Fault::truncated);
  return 0;
}
