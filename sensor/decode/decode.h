#pragma once

#include "sensor/capture/packet_view.h"
#include "sensor/decode/packet.h"

namespace sekimori {

// From a frame to the innermost IP packet in it and, for TCP and UDP, to the payload. The packet
// borrows from the frame.
//
// Headers must be whole: one that snaplen cut is `truncated`. A payload may be cut; then
// `payload` is shorter than `payload_length` says. What was captured whole and still contradicts
// its own lengths is `malformed`. Fragments are `unsupported`, except those that are whole packets
// (RFC 6946).
//
// Tunnels are walked: PPPoE, MPLS, GRE, IP in IP, and by their ports VXLAN, Geneve and GTP-U. A
// port is only a guess: when not everything behind it can be read, the datagram itself is the
// packet. So is a packet whose GRE carries something else.
Result<Packet> decode(const PacketView& frame) noexcept;

}  // namespace sekimori
