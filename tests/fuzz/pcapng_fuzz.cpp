#include <cstdlib>

#include "sensor/capture/pcapng.h"

// The first byte chooses order and block. Bytes lie in the body, no time resolution is zero and a
// later tick is no earlier moment.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sekimori::PcapngType;
  if (size == 0) return 0;
  const auto order = (data[0] & 1U) != 0 ? std::endian::big : std::endian::little;
  const sekimori::Bytes body{data + 1, size - 1};

  const auto head = sekimori::parse_pcapng_block_head(body, order);
  if (head && (head->length < sekimori::kPcapngBlockHeadSize || head->length % 4 != 0)) {
    std::abort();
  }
  (void)sekimori::parse_pcapng_section(body, order);
  const auto interface = sekimori::parse_pcapng_interface(body, order);
  if (interface && interface->ticks_per_second == 0) std::abort();

  constexpr PcapngType types[] = {PcapngType::enhanced_packet, PcapngType::simple_packet,
                                  PcapngType::packet};
  const auto packet = sekimori::parse_pcapng_packet(types[data[0] % 3], body, order);
  if (!packet) return 0;
  if (!packet->bytes.empty() && (packet->bytes.data() < body.data() ||
                                 packet->bytes.data() + packet->bytes.size() > data + size)) {
    std::abort();
  }
  if (interface && packet->ticks > 0 &&
      interface->time(packet->ticks) < interface->time(packet->ticks - 1)) {
    std::abort();
  }
  return 0;
}
