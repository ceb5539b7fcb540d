#include <cstdlib>

#include "sensor/fingerprint/ja3.h"
#include "sensor/handshake/server_hello.h"

namespace {

using sekimori::Bytes;

void demand(bool holds) {
  if (!holds) std::abort();
}

void demand_inside(Bytes part, Bytes whole) {
  demand(part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()));
}

}  // namespace

// The first byte says where the rest is cut, of 256 parts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes body{data + 1, size - 1};
  const auto hello = sekimori::parse_server_hello(body);
  if (!hello) {
    demand(hello.error().offset <= body.size());
    return 0;
  }
  demand(hello->random.size() == 32);
  demand_inside(hello->session_id, body);
  demand_inside(hello->alpn, body);
  std::size_t extension_bytes = 0;
  for (const auto& extension : hello->extensions) extension_bytes += 4 + extension.data.size();
  demand(extension_bytes == hello->extensions.bytes().size());
  demand(hello->is_hello_retry_request == sekimori::is_hello_retry_request(body));
  demand(ja3s(*hello).size() == 32);

  const auto cut = sekimori::parse_server_hello(body.first(body.size() * *data / 256));
  demand(cut || cut.error().fault == sekimori::Fault::truncated);
  return 0;
}
