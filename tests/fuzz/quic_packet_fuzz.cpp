#include <cstdlib>

#include "sensor/handshake/quic_packet.h"

namespace {

using sekimori::Bytes;
using sekimori::Fault;

void demand(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// The first byte says where the rest is cut, of 256 parts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes datagram{data + 1, size - 1};

  // Walking a datagram ends, and every packet stands where the one before it ended.
  std::size_t walked = 0;
  while (walked < datagram.size()) {
    const auto packet = sekimori::parse_quic_packet(datagram.subspan(walked));
    if (!packet) break;
    demand(packet->bytes.data() == datagram.data() + walked && !packet->bytes.empty());
    demand(packet->destination_id.size() <= 20 && packet->source_id.size() <= 20);
    demand(packet->protected_part.empty() ||
           packet->protected_part.data() + packet->protected_part.size() ==
               packet->bytes.data() + packet->bytes.size());
    walked += packet->bytes.size();
  }
  demand(walked <= datagram.size());

  // What is refused for what it is stays refused however much is cut off behind it, or is not yet
  // known.
  const auto whole = sekimori::parse_quic_packet(datagram);
  const auto cut = sekimori::parse_quic_packet(datagram.first(datagram.size() * *data / 256));
  if (whole) demand(cut || cut.error().fault == Fault::truncated);
  if (!whole && !cut) demand(cut.error().fault == Fault::truncated || cut.error() == whole.error());
  if (cut && cut->type != sekimori::QuicPacketType::retry) demand(whole.has_value());
  return 0;
}
