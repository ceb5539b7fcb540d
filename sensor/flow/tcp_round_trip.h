#pragma once

#include "sensor/decode/packet.h"
#include "sensor/flow/flow.h"

namespace sekimori {

// Times that a long connection keeps improving: the smallest of many samples. A client can make
// them too small by acknowledging what it has not received, so they are hints and never proof.

// ack_rtt_us and what the other end has acknowledged. Any segment but a SYN or RST, of either side,
// before its bytes move the flow's next_sequence. A sample is the time from the server's last new
// byte to the first acknowledgment of it, where none of it was sent twice (Karn's rule; RFC 6298,
// section 3), or from a new TSval of the server to its first echo (RFC 7323, section 4).
void observe_acknowledgment(Flow& flow, const Packet& packet, Sender sender) noexcept;

// turnaround_us. New bytes of the client, in order, that acknowledge the server's last byte after
// the server has spoken.
void observe_turnaround(Flow& flow, const Packet& packet) noexcept;

}  // namespace sekimori
