#include "sensor/flow/datagram_finder.h"

namespace sekimori {
namespace {

// How many datagrams may tell nothing: of a flow of which nothing is known, and of one that is QUIC
// or DTLS, where 0-RTT packets and repetitions come between the hellos.
constexpr std::uint8_t kPatienceUnknown = 16;
constexpr std::uint8_t kPatienceKnown = 64;

// RFC 7983, section 7, and RFC 9443, section 3: what shares a port is told apart by its first byte.
constexpr std::uint8_t kFirstOfDtls = 20;
constexpr std::uint8_t kLastOfDtls = 63;
constexpr std::uint8_t kLongHeader = 0x80;  // of QUIC: RFC 9000, section 17.2

// RFC 8489, section 5. The ends of a WebRTC session ask each other for as long as they like before
// one of them says its hello.
bool is_stun(Bytes datagram) noexcept {
  constexpr std::uint32_t magic_cookie = 0x2112a442;
  constexpr std::uint8_t last_first_byte = 3;
  Cursor cursor{datagram};
  const std::uint8_t first = cursor.u8();
  cursor.skip(3);
  return cursor.u32() == magic_cookie && first <= last_first_byte;
}

bool is_quic_timing_over(const DatagramState& state) noexcept {
  return state.kind != DatagramKind::quic || state.has(kQuicRttSettled);
}

}  // namespace

void DatagramFinder::observe(SlotIndex slot, const Packet& packet, Sender sender) noexcept {
  Flow& flow = table_[slot];
  DatagramState& state = flow.datagram;
  if (state.has(kSearchOver) || packet.payload.empty()) return;
  hellos_.begin(flow, sender);
  const bool learned = search(flow, packet, sender);
  hellos_.keep(slot, sender);
  if (!learned && !is_stun(packet.payload)) ++state.strange;

  const bool unknown = state.kind == DatagramKind::unknown;
  const bool found = flow.half[0].search != HelloSearch::open &&
                     flow.half[1].search != HelloSearch::open && is_quic_timing_over(state);
  const bool patient = state.strange < (unknown ? kPatienceUnknown : kPatienceKnown);
  if (found || !patient || state.opened >= kMostInitials) conclude(flow);
}

bool DatagramFinder::search(Flow& flow, const Packet& packet, Sender sender) noexcept {
  const std::uint8_t first = packet.payload.front();
  const DatagramKind kind = flow.datagram.kind;
  const bool may_be_dtls = first >= kFirstOfDtls && first <= kLastOfDtls;
  if (kind != DatagramKind::quic && may_be_dtls) return dtls_.observe(flow, packet.payload, sender);
  if (kind == DatagramKind::dtls) return false;
  const bool may_be_quic = kind == DatagramKind::quic || (first & kLongHeader) != 0;
  return may_be_quic && quic_.observe(flow, packet, sender);
}

void DatagramFinder::conclude(Flow& flow) noexcept {
  for (const Sender sender : {Sender::low, Sender::high}) {
    const HalfFlow& half = flow.of(sender);
    if (half.search != HelloSearch::open) continue;
    if (half.hello_bytes == kNoSlot) {
      hellos_.give_up(flow, sender);
    } else {
      hellos_.break_off(flow, sender, NoFingerprint::incomplete);
    }
  }
  flow.datagram.set(kSearchOver);
}

}  // namespace sekimori
