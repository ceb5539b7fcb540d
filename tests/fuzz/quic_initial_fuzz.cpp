#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "sensor/handshake/quic_initial.h"

namespace {

using sekimori::Bytes;
using Scratch = std::array<std::uint8_t, 2048>;

void demand(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// An Initial that opens no longer does once any byte of its protected part is changed; and scratch
// is only written as far as the frames reach. The first two bytes say which byte.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t choice = std::size_t{data[0]} << 8U | data[1];
  std::vector<std::uint8_t> datagram(data + 2, data + size);
  const auto packet = sekimori::parse_quic_packet(datagram);
  if (!packet) return 0;
  const auto keys = sekimori::derive_initial_protection(packet->version, packet->destination_id,
                                                        sekimori::QuicSide::client);
  demand(keys.has_value());
  Scratch scratch;
  scratch.fill(0xa5);
  const auto frames = open_initial(*packet, *keys, scratch);
  if (frames) {
    demand(frames->size() + 16 < packet->protected_part.size());
    const Bytes rest = Bytes{scratch}.subspan(frames->size());
    demand(std::ranges::all_of(rest, [](std::uint8_t byte) { return byte == 0xa5; }));
  }
  if (!frames || packet->protected_part.empty()) return 0;
  const std::size_t header_size = packet->bytes.size() - packet->protected_part.size();
  datagram[header_size + choice % packet->protected_part.size()] ^= 1U;
  const auto changed = sekimori::parse_quic_packet(datagram);
  demand(changed && !open_initial(*changed, *keys, scratch));
  return 0;
}
