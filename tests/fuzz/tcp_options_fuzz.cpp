#include <cstdlib>

#include "sensor/decode/tcp_options.h"

// Options are whole, disjoint and in order; of a header's 40 bytes every kind can be written down.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sekimori::TcpOptions walk{{data, size}};
  const std::uint8_t* at = data;
  while (const auto option = walk.next()) {
    if (option->value.empty()) continue;
    if (option->value.data() < at + 2) std::abort();
    at = option->value.data() + option->value.size();
    if (at > data + size) std::abort();
  }
  const auto syn = sekimori::parse_syn_options({data, size});
  if (size <= 40 && syn.kinds.text().was_cut()) std::abort();
  if (syn.malformed != walk.malformed()) std::abort();
  return 0;
}
