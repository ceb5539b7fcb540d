#include "sensor/flow/payload_heads.h"

#include <string_view>

namespace sekimori {
namespace {

bool is_set(const HalfFlow& half, HalfMark mark) noexcept {
  return (half.marks & mark) != 0;
}
void set(HalfFlow& half, HalfMark mark) noexcept {
  half.marks = static_cast<std::uint8_t>(half.marks | mark);
}

}  // namespace

void PayloadHeads::observe(SlotIndex slot, Flow& flow, const Packet& packet,
                           Sender sender) noexcept {
  HalfFlow& half = flow.of(sender);
  if (is_set(half, kHeadWhole) || packet.payload.empty()) return;
  Head& head = pairs_[slot].of[static_cast<std::size_t>(sender)];
  if (!is_set(half, kHeadBegun)) {
    const bool base_known = (half.marks & kBaseKnown) != 0;
    head.base = base_known ? half.first_sequence : packet.tcp.sequence;
    head.bytes.clear();
    set(half, kHeadBegun);
  }
  const std::string_view payload{reinterpret_cast<const char*>(packet.payload.data()),
                                 packet.payload.size()};
  if (!flow.is(IpProtocol::tcp)) {
    head.bytes.append(payload);
    return set(half, kHeadWhole);
  }
  // What comes before its turn is left out: the head is the stream's beginning or a part of it.
  const std::uint32_t ahead = packet.tcp.sequence - head.base;
  const std::size_t seen = head.bytes.size() - ahead;  // of this payload
  if (ahead > head.bytes.size() || seen >= payload.size()) return;
  head.bytes.append(payload.substr(seen));
  if (head.bytes.size() == head.bytes.capacity()) set(half, kHeadWhole);
}

PayloadHead PayloadHeads::head(SlotIndex slot, const Flow& flow, Sender sender) const noexcept {
  constexpr std::string_view kDigits = "0123456789abcdef";
  PayloadHead hex;
  if (!is_set(flow.of(sender), kHeadBegun)) return hex;
  for (const char one : pairs_[slot].of[static_cast<std::size_t>(sender)].bytes.view()) {
    const auto byte = static_cast<unsigned char>(one);
    const std::array<char, 2> digits{kDigits[byte >> 4U], kDigits[byte & 0xfU]};
    hex.append({digits.data(), digits.size()});
  }
  return hex;
}

bool have_both_spoken(const Flow& flow) noexcept {
  return is_set(flow.half[0], kHeadBegun) && is_set(flow.half[1], kHeadBegun);
}

}  // namespace sekimori
