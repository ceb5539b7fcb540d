#include "sensor/flow/tcp_timing.h"

#include <limits>

#include "sensor/decode/tcp_options.h"
#include "sensor/flow/sequence.h"
#include "sensor/flow/tcp_round_trip.h"

namespace sekimori {
namespace {

std::int64_t since_start(const Flow& flow, Timestamp time) noexcept {
  return (time - flow.first_seen).count();
}

// Microseconds rounded down; kNoTime for what did not happen in that order.
std::uint32_t microseconds_between(std::int64_t from_ns, std::int64_t to_ns) noexcept {
  if (to_ns < from_ns) return kNoTime;
  const std::int64_t microseconds = (to_ns - from_ns) / 1000;
  return microseconds < kNoTime ? static_cast<std::uint32_t>(microseconds) : kNoTime;
}

void begin_stream(HalfFlow& half, std::uint32_t first_sequence) noexcept {
  half.first_sequence = first_sequence;
  half.next_sequence = first_sequence;
  half.marks = static_cast<std::uint8_t>(half.marks | kBaseKnown);
}

SynShape shape_of(const Packet& packet) noexcept {
  return {packet.tcp.window, packet.ttl, packet.dont_fragment,
          parse_syn_options(packet.tcp.options)};
}

// The same for the client's answer. Question and answer at one moment mean that the clock stood
// still in between, as in captures whose frames are stamped by the batch; it is no proof of
// nearness.
std::uint32_t round_trip(std::int64_t asked_ns, std::int64_t answered_ns) noexcept {
  return answered_ns == asked_ns ? kNoTime : microseconds_between(asked_ns, answered_ns);
}

void observe_first_data(Flow& flow, const Packet& packet, std::int32_t ahead) noexcept {
  const HalfFlow& client = flow.of(flow.client);
  if (flow.has(kHelloDelaySet)) {
    if (ahead < 0 && client.search == HelloSearch::open) flow.set(kHelloResent);
    return;
  }
  flow.set(kHelloDelaySet);
  const bool is_first_byte = packet.tcp.sequence == client.first_sequence && ahead == 0;
  if (!is_first_byte || !flow.has(kHandshakeAcked) || flow.has(kAckCarriedData)) {
    return flow.set(kHelloResent);
  }
  flow.tcp.hello_delay_us =
      microseconds_between(flow.tcp.handshake_at, since_start(flow, packet.time));
}

// The client's first new bytes after the server spoke: the answer to what it said.
void observe_answer(Flow& flow, const Packet& packet, std::int32_t ahead) noexcept {
  const HalfFlow& server = flow.of(other(flow.client));
  // Only an answer that acknowledges the server's last byte is known to have waited for it.
  const bool sound =
      !flow.has(kGapDoubtful) && ahead == 0 && packet.tcp.acknowledgment == server.next_sequence;
  const std::uint32_t gap =
      sound ? round_trip(flow.tcp.server_spoke_at, since_start(flow, packet.time)) : kNoTime;
  if (flow.has(kRetrySeen) && !flow.has(kRetrySettled)) {
    flow.tcp.retry_gap_us = gap;
    flow.set(kRetrySettled);
    flow.clear(kGapDoubtful);
    return;
  }
  flow.tcp.tls_gap_us = gap;
  flow.set(kGapSettled);
}

// The hello is over and its answer not yet answered.
bool is_gap_open(const Flow& flow) noexcept {
  return flow.of(flow.client).search == HelloSearch::found && !flow.has(kGapSettled);
}

void observe_server_data(Flow& flow, const Packet& packet, std::int32_t ahead,
                         bool is_new) noexcept {
  if (ahead != 0) {
    flow.set(kTurnDoubtful);
    flow.clear(kAckAwaited);
    if (is_gap_open(flow)) flow.set(kGapDoubtful);
  }
  if (!is_new) return;
  flow.set(kServerSpoke);
  if (ahead == 0) flow.set(kAckAwaited);
  flow.tcp.server_spoke_at = since_start(flow, packet.time);
}

void observe_client_data(Flow& flow, const Packet& packet, std::int32_t ahead,
                         bool is_new) noexcept {
  if (ahead != 0 && is_gap_open(flow)) flow.set(kGapDoubtful);
  if (!is_new) return;
  if (flow.has(kServerSpoke)) {
    if (is_gap_open(flow)) observe_answer(flow, packet, ahead);
    observe_turnaround(flow, packet);
  }
  flow.clear(kServerSpoke);
  flow.clear(kTurnDoubtful);
}

}  // namespace

void observe_syn(Flow& flow, const Packet& packet, Sender sender) noexcept {
  if (flow.has(kSynSeen)) return flow.set(kSynRepeated);
  flow.set(kSynSeen);
  flow.set(kClientKnown);
  flow.client = sender;
  if (flow.has(kSynAckSeen)) {  // frames out of order: their times say nothing
    flow.set(kSynRepeated);
    flow.set(kSynAckRepeated);
  } else {
    flow.tcp.handshake_at = since_start(flow, packet.time);
  }
  flow.tcp.syn = shape_of(packet);
  begin_stream(flow.of(sender), packet.tcp.sequence + 1);
}

void observe_syn_ack(Flow& flow, const Packet& packet, Sender sender) noexcept {
  const Sender client = other(sender);
  if (flow.has(kSynSeen)) {
    // An answer to another SYN than the first one proves nothing about the first.
    if (sender == flow.client) return;
    if (packet.tcp.acknowledgment != flow.of(client).first_sequence) return flow.set(kSynRepeated);
  }
  if (flow.has(kSynAckSeen)) {
    // What comes after the client's answer cannot be what it answered.
    if (!flow.has(kHandshakeAcked)) flow.set(kSynAckRepeated);
    return;
  }
  flow.set(kSynAckSeen);
  flow.set(kClientKnown);
  flow.client = client;
  const std::int64_t now = since_start(flow, packet.time);
  if (flow.has(kSynSeen)) {
    flow.tcp.server_rtt_us = microseconds_between(flow.tcp.handshake_at, now);
  }
  flow.tcp.handshake_at = now;
  begin_stream(flow.of(sender), packet.tcp.sequence + 1);
  if (!flow.has(kSynSeen)) begin_stream(flow.of(client), packet.tcp.acknowledgment);
}

void observe_handshake_ack(Flow& flow, const Packet& packet, Sender sender) noexcept {
  if (flow.has(kHandshakeAcked) || !flow.has(kSynAckSeen) || sender != flow.client) return;
  if ((packet.tcp.flags & kAck) == 0 || (packet.tcp.flags & kRst) != 0) return;
  flow.set(kHandshakeAcked);
  const std::int64_t now = since_start(flow, packet.time);
  flow.tcp.client_rtt_us = round_trip(flow.tcp.handshake_at, now);
  flow.tcp.handshake_at = now;
  const bool is_plain = packet.payload_length == 0 &&
                        packet.tcp.acknowledgment == flow.of(other(sender)).first_sequence &&
                        packet.tcp.sequence == flow.of(sender).first_sequence;
  if (!is_plain) flow.set(kAckCarriedData);
}

void observe_data(Flow& flow, const Packet& packet, Sender sender) noexcept {
  HalfFlow& half = flow.of(sender);
  if ((half.marks & kBaseKnown) == 0) begin_stream(half, packet.tcp.sequence);
  const std::int32_t ahead = sequence_distance(half.next_sequence, packet.tcp.sequence);
  const std::uint32_t end = packet.tcp.sequence + packet.payload_length;
  const bool is_new = sequence_distance(half.next_sequence, end) > 0;

  if (flow.has(kClientKnown) && sender == flow.client) {
    observe_first_data(flow, packet, ahead);
    observe_client_data(flow, packet, ahead, is_new);
  } else if (flow.has(kClientKnown)) {
    observe_server_data(flow, packet, ahead, is_new);
  }
  if (is_new) half.next_sequence = end;
}

void give_up_gap(Flow& flow) noexcept {
  flow.set(kRetrySettled);
  flow.set(kGapSettled);
}

std::uint32_t client_rtt_us(const Flow& flow) noexcept {
  const bool sound = flow.has(kSynAckSeen) && flow.has(kHandshakeAcked) &&
                     !flow.has(kAckCarriedData) && !flow.has(kSynAckRepeated);
  return sound ? flow.tcp.client_rtt_us : kNoTime;
}

std::uint32_t server_rtt_us(const Flow& flow) noexcept {
  const bool sound = flow.has(kSynSeen) && flow.has(kSynAckSeen) && !flow.has(kSynRepeated) &&
                     !flow.has(kSynAckRepeated);
  return sound ? flow.tcp.server_rtt_us : kNoTime;
}

std::uint32_t hello_delay_us(const Flow& flow) noexcept {
  const bool sound = flow.of(flow.client).search == HelloSearch::found && !flow.has(kHelloResent);
  return sound ? flow.tcp.hello_delay_us : kNoTime;
}

}  // namespace sekimori
