#include <cstdlib>

#include "sensor/decode/link.h"

// The first byte chooses the link. What a frame carries lies at its end, and a VLAN id is a real
// one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sekimori::LinkType;
  constexpr LinkType links[] = {
      LinkType::ethernet,         LinkType::null_loopback, LinkType::ppp,
      LinkType::raw_ip,           LinkType::linux_cooked,  LinkType::linux_cooked_v2,
      LinkType::openbsd_loopback, LinkType::ipv4,          LinkType::ipv6};
  if (size == 0) return 0;
  const sekimori::Bytes frame{data + 1, size - 1};
  const auto link = sekimori::parse_link(links[data[0] % std::size(links)], frame);
  if (!link) return 0;
  const sekimori::Bytes content = link->content.bytes;
  if (content.size() > frame.size()) std::abort();
  if (!content.empty() && content.data() + content.size() != data + size) std::abort();
  if (link->vlan > 4095) std::abort();
  return 0;
}
