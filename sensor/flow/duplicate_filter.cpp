#include "sensor/flow/duplicate_filter.h"

namespace sekimori {
namespace {

// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014): every bit of the sum decides.
std::uint64_t mix(std::uint64_t sum, std::uint64_t more) noexcept {
  sum += more + 0x9e3779b97f4a7c15U;
  sum = (sum ^ sum >> 30U) * 0xbf58476d1ce4e5b9U;
  sum = (sum ^ sum >> 27U) * 0x94d049bb133111ebU;
  return sum ^ sum >> 31U;
}

bool can_be_told(const Packet& packet) noexcept {
  if (packet.identification != 0) return true;
  if (packet.protocol == IpProtocol::udp) return packet.checksum != 0;
  if (packet.protocol != IpProtocol::tcp) return false;
  return packet.payload_length > 0 || (packet.tcp.flags & (kSyn | kFin)) != 0;
}

std::uint64_t mark_of(const Packet& packet, std::uint64_t flow_hash) noexcept {
  std::uint64_t mark = mix(flow_hash, std::uint64_t{packet.identification} << 48U |
                                          std::uint64_t{packet.checksum} << 32U | packet.ip_length);
  if (packet.protocol != IpProtocol::tcp) return mark;
  const TcpHeader& tcp = packet.tcp;
  mark = mix(mark, std::uint64_t{tcp.sequence} << 32U | tcp.acknowledgment);
  return mix(mark, std::uint64_t{tcp.window} << 8U | tcp.flags);
}

}  // namespace

bool DuplicateFilter::is_duplicate(const Packet& packet, std::uint64_t flow_hash) noexcept {
  if (!can_be_told(packet)) return false;
  const std::uint64_t mark = mark_of(packet, flow_hash);
  Seen& seen = seen_[mark % kEntries];
  const auto apart = packet.time - seen.time;
  if (seen.mark == mark && apart <= kWindow && -apart <= kWindow) return true;
  seen = {mark, packet.time};
  return false;
}

}  // namespace sekimori
