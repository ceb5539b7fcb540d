#include <cstdlib>

#include "sensor/decode/tunnels.h"

// The first byte chooses the tunnel. What it wraps is part of it, and of a type that decode reads.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sekimori::EtherType;
  constexpr decltype(&sekimori::parse_gre) parsers[] = {
      sekimori::parse_pppoe, sekimori::parse_mpls,   sekimori::parse_gre,
      sekimori::parse_vxlan, sekimori::parse_geneve, sekimori::parse_gtp_u};
  if (size == 0) return 0;
  const sekimori::Bytes outer{data + 1, size - 1};
  const auto inner = parsers[data[0] % std::size(parsers)](outer);
  if (!inner) return 0;
  if (inner->bytes.size() >= outer.size()) std::abort();
  if (!inner->bytes.empty() && inner->bytes.data() < outer.data()) std::abort();
  if (!inner->bytes.empty() && inner->bytes.data() + inner->bytes.size() > data + size) {
    std::abort();
  }
  switch (inner->type) {
    case EtherType::ipv4:
    case EtherType::ipv6:
    case EtherType::ppp:
    case EtherType::mpls:
    case EtherType::trans_ether_bridging:
      return 0;
    default:
      std::abort();
  }
}
