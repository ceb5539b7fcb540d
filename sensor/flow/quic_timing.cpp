#include "sensor/flow/quic_timing.h"

#include <algorithm>
#include <chrono>

namespace sekimori {
namespace {

constexpr std::uint8_t kLongHeader = 0x80;      // RFC 9000, section 17.2
constexpr std::uint8_t kShortestUnguessed = 4;  // bytes of a connection id
constexpr std::size_t kLeastUnlike = 3;         // bytes that differ from the client's id
// How long a flight may take to begin with its greeting: servers acknowledge a hello's first
// datagram before its last has come. What is measured is too long by at most this.
constexpr std::chrono::nanoseconds kFlightPatience = std::chrono::milliseconds{1};

std::int64_t since_start(const Flow& flow, Timestamp time) noexcept {
  return (time - flow.first_seen).count();
}

// Servers may make their id out of the client's: Google's put other bits into its first byte. Of
// ids drawn by lot one in ten thousand or less looks so.
bool is_telling(const Flow& flow, Bytes server_id) noexcept {
  const ConnectionId& own = flow.datagram.client_chose;
  std::size_t unlike = 0;
  for (std::size_t i = 0; i < server_id.size(); ++i) {
    unlike += i >= own.size || server_id[i] != own.bytes[i] ? 1U : 0U;
  }
  return server_id.size() >= kShortestUnguessed && unlike >= kLeastUnlike;
}

// The smaller of two stays: either is sound.
void take_sample(Flow& flow, Timestamp time) noexcept {
  const std::int64_t took = since_start(flow, time) - flow.datagram.flight_at;
  if (took < 0 || took / 1000 >= kNoTime) return;
  flow.datagram.quic_rtt_us =
      std::min(flow.datagram.quic_rtt_us, static_cast<std::uint32_t>(took / 1000));
}

void give_up_rtt(DatagramState& state) noexcept {
  state.set(kFlightDoubtful);
  state.set(kQuicRttSettled);
}

// A short header's destination id has no length: the receiver knows how long its own are.
Bytes destination_of(const DatagramState& state, Bytes datagram) noexcept {
  Cursor cursor{datagram};
  if ((cursor.u8() & kLongHeader) == 0) return cursor.take(state.server_chose.size);
  cursor.skip(sizeof(std::uint32_t));
  return cursor.take(cursor.u8());
}

bool is_initial(Bytes datagram) noexcept {
  const auto packet = parse_quic_packet(datagram);
  return packet && packet->type == QuicPacketType::initial;
}

}  // namespace

ConnectionId connection_id(Bytes bytes) noexcept {
  ConnectionId id;
  id.size = static_cast<std::uint8_t>(std::min(bytes.size(), id.bytes.size()));
  std::copy_n(bytes.begin(), id.size, id.bytes.begin());
  return id;
}

bool equals(const ConnectionId& id, Bytes bytes) noexcept {
  return std::ranges::equal(Bytes{id.bytes}.first(id.size), bytes);
}

void observe_quic_retry(Flow& flow, const QuicLongPacket& retry, Timestamp time) noexcept {
  DatagramState& state = flow.datagram;
  if (state.has(kFlightSeen) || state.has(kQuicRttSettled)) return;
  if (state.has(kRetryAwaited)) {
    // Each of a hello's datagrams may get a Retry. The first one counts for the client too, and
    // ids of their own tell them apart.
    if (equals(state.server_chose, retry.source_id)) state.set(kFlightDoubtful);
    return;
  }
  state.set(kRetryAwaited);
  state.server_chose = connection_id(retry.source_id);
  state.flight_at = since_start(flow, time);
  if (!is_telling(flow, retry.source_id)) state.set(kFlightDoubtful);
}

void observe_quic_flight(Flow& flow, const QuicLongPacket& initial, Timestamp time,
                         bool greets) noexcept {
  DatagramState& state = flow.datagram;
  if (state.has(kQuicRttSettled)) return;
  if (!state.has(kFlightSeen)) {
    state.set(kFlightSeen);
    state.server_chose = connection_id(initial.source_id);
    state.flight_at = since_start(flow, time);
    if (!is_telling(flow, initial.source_id)) return give_up_rtt(state);
  }
  if (since_start(flow, time) - state.flight_at > kFlightPatience.count()) {
    return give_up_rtt(state);
  }
  if (greets) state.set(kFlightGreeted);
}

void observe_quic_answer(Flow& flow, Bytes datagram, Timestamp time) noexcept {
  DatagramState& state = flow.datagram;
  const bool awaited = state.has(kRetryAwaited) || state.has(kFlightSeen);
  if (!awaited || state.has(kQuicRttSettled)) return;
  const bool answers = equals(state.server_chose, destination_of(state, datagram));
  if (state.has(kFlightSeen)) {
    // A hello that comes once more may be answered once more, or was sent before the flight came.
    const bool repeats =
        !answers && flow.of(flow.client).search == HelloSearch::found && is_initial(datagram);
    if (repeats || (answers && !state.has(kFlightGreeted))) return give_up_rtt(state);
    if (!answers) return;
    take_sample(flow, time);
    state.set(kQuicRttSettled);
    return;
  }
  if (!answers) return;
  if (!state.has(kFlightDoubtful)) take_sample(flow, time);
  state.marks = static_cast<std::uint8_t>(state.marks & ~(kRetryAwaited | kFlightDoubtful));
}

}  // namespace sekimori
