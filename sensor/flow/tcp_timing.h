#pragma once

#include "sensor/decode/packet.h"
#include "sensor/flow/flow.h"

namespace sekimori {

// What the times of a connection's packets prove, kept in its Flow. Every function is given the
// packet before its bytes move the flow's next_sequence. A time that a repeated, missing or early
// segment makes doubtful is left out for good (Karn's rule; RFC 6298, section 3).

// A SYN without ACK. The first gives the connection its beginning and its shape.
void observe_syn(Flow& flow, const Packet& packet, Sender sender) noexcept;

// A SYN with ACK: names the server, and the client by being for it.
void observe_syn_ack(Flow& flow, const Packet& packet, Sender sender) noexcept;

// Any later segment of the client: the first that acknowledges the SYN-ACK ends the handshake.
void observe_handshake_ack(Flow& flow, const Packet& packet, Sender sender) noexcept;

// A segment with payload, of either side: hello_delay_us, tls_gap_us, retry_gap_us and, through
// observe_turnaround(), turnaround_us. It moves next_sequence.
void observe_data(Flow& flow, const Packet& packet, Sender sender) noexcept;

// The client's hello allows no gap to be measured: it announced early data, which answers nothing.
void give_up_gap(Flow& flow) noexcept;

// Microseconds, or kNoTime.
std::uint32_t client_rtt_us(const Flow& flow) noexcept;
std::uint32_t server_rtt_us(const Flow& flow) noexcept;
std::uint32_t hello_delay_us(const Flow& flow) noexcept;

}  // namespace sekimori
