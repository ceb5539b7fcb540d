#include "sensor/flow/tcp_round_trip.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "sensor/decode/tcp_options.h"
#include "sensor/flow/sequence.h"

namespace sekimori {
namespace {

std::int64_t since_start(const Flow& flow, Timestamp time) noexcept {
  return (time - flow.first_seen).count();
}

void add_sample(std::int64_t nanoseconds, std::uint32_t& smallest,
                std::uint16_t& samples) noexcept {
  const std::int64_t microseconds = nanoseconds / 1000;
  // At one moment nothing is answered: the clock stood still in between.
  if (nanoseconds <= 0 || microseconds >= kNoTime) return;
  smallest = std::min(smallest, static_cast<std::uint32_t>(microseconds));
  if (samples < std::numeric_limits<std::uint16_t>::max()) ++samples;
}

// Modulo 2^32: no flow lives through 71 minutes of silence.
std::uint32_t clock_us(const Flow& flow, Timestamp time) noexcept {
  return static_cast<std::uint32_t>(since_start(flow, time) / 1000);
}

// A TSval is timed from the first segment that carries it, and only one at a time. A server's clock
// ticks more slowly than it sends, and an echo may answer the first segment of a tick.
void time_value(Flow& flow, const Packet& packet, std::uint32_t value) noexcept {
  TcpState& tcp = flow.tcp;
  const bool is_fresh = !flow.has(kEchoKnown) || sequence_distance(tcp.last_value, value) > 0;
  if (!is_fresh) return;
  // What was sent before the first segment that was seen may have carried the first value.
  if (flow.has(kEchoKnown) && !flow.has(kEchoAwaited) && packet.payload_length > 0) {
    tcp.echo_value = value;
    tcp.echo_us = clock_us(flow, packet.time);
    flow.set(kEchoAwaited);
  }
  tcp.last_value = value;
  flow.set(kEchoKnown);
}

void take_echo(Flow& flow, const Packet& packet, std::uint32_t echo) noexcept {
  const std::int32_t ahead = sequence_distance(flow.tcp.echo_value, echo);
  if (ahead < 0) return;
  flow.clear(kEchoAwaited);
  if (ahead > 0) return;
  const std::uint32_t microseconds = clock_us(flow, packet.time) - flow.tcp.echo_us;
  add_sample(std::int64_t{microseconds} * 1000, flow.tcp.ack_rtt_us, flow.tcp.ack_rtt_samples);
}

void acknowledge(HalfFlow& half, std::uint32_t acknowledgment) noexcept {
  if ((half.marks & kBaseKnown) == 0) return;
  const std::int32_t beyond = sequence_distance(half.next_sequence, acknowledgment);
  if (beyond > kMaxWindow || beyond < -kMaxWindow) return;
  const bool seen = (half.marks & kAckSeen) != 0;
  if (seen && sequence_distance(half.acknowledged, acknowledgment) <= 0) return;
  half.acknowledged = acknowledgment;
  half.marks = static_cast<std::uint8_t>(half.marks | kAckSeen);
}

}  // namespace

void observe_acknowledgment(Flow& flow, const Packet& packet, Sender sender) noexcept {
  if ((packet.tcp.flags & kAck) != 0) {
    acknowledge(flow.of(other(sender)), packet.tcp.acknowledgment);
  }
  if (!flow.has(kClientKnown)) return;
  const bool from_client = sender == flow.client;
  if (!from_client || flow.has(kEchoAwaited)) {
    if (const auto times = parse_timestamps(packet.tcp.options)) {
      from_client ? take_echo(flow, packet, times->echo) : time_value(flow, packet, times->value);
    }
  }
  if (!from_client || !flow.has(kAckAwaited)) return;
  if (packet.tcp.acknowledgment != flow.of(other(sender)).next_sequence) return;
  flow.clear(kAckAwaited);
  add_sample(since_start(flow, packet.time) - flow.tcp.server_spoke_at, flow.tcp.ack_rtt_us,
             flow.tcp.ack_rtt_samples);
}

void observe_turnaround(Flow& flow, const Packet& packet) noexcept {
  const HalfFlow& server = flow.of(other(flow.client));
  const bool sound = !flow.has(kTurnDoubtful) &&
                     packet.tcp.sequence == flow.of(flow.client).next_sequence &&
                     packet.tcp.acknowledgment == server.next_sequence;
  if (!sound) return;
  add_sample(since_start(flow, packet.time) - flow.tcp.server_spoke_at, flow.tcp.turnaround_us,
             flow.tcp.turnaround_samples);
}

}  // namespace sekimori
