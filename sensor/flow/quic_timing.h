#pragma once

#include "core/bytes/cursor.h"
#include "core/text/timestamp.h"
#include "sensor/flow/flow.h"
#include "sensor/handshake/quic_packet.h"

namespace sekimori {

// The time from what the server says to the answer that only its receiver can give: a datagram for
// the connection id that the server chose in it (RFC 9000, section 7.2). An end that wants to seem
// nearer would have to guess that id, so ids shorter than four bytes, and ids made out of the
// client's own, prove nothing. A time that a repetition or a pause makes doubtful is left out for
// good (Karn's rule; RFC 6298, section 3).
//
// So is that of a server which acknowledges the hello and greets later. With the acknowledgement
// the client has the id, and its probe (RFC 9002, section 6.2.2.1), sent before the greeting came,
// may be seen after the greeting went by: the time would be too short, by chance or on purpose.
// Counted from the acknowledgement it would be too long by what the server thought or the client
// waited. No later packet helps: what tells a real Handshake packet from another is encrypted.
//
// The spin bit (RFC 9000, section 17.4) is not read: the client flips it whenever it likes, and
// quic_rtt_us stands among the times that prove nearness.

// A Retry of the server, sent because of the client's Initial. Its integrity tag (RFC 9001, section
// 5.8) is not asked: whoever saw that Initial can make one, and a client that finds it wrong gives
// no answer that could be timed.
void observe_quic_retry(Flow& flow, const QuicLongPacket& retry, Timestamp time) noexcept;

// An Initial of the server. `greets`: it opened, and CRYPTO bytes were in it.
void observe_quic_flight(Flow& flow, const QuicLongPacket& initial, Timestamp time,
                         bool greets) noexcept;

// Any datagram of the client.
void observe_quic_answer(Flow& flow, Bytes datagram, Timestamp time) noexcept;

ConnectionId connection_id(Bytes bytes) noexcept;  // at most 20
bool equals(const ConnectionId& id, Bytes bytes) noexcept;

}  // namespace sekimori
