#pragma once

#include <cstdint>
#include <span>

#include "core/bytes/cursor.h"

namespace sekimori {

// The control channel of one direction of OpenVPN over TCP (draft-openvpn-protocol, "OpenVPN wire
// protocol"): the TLS stream that lies in its P_CONTROL_V1 packets.
struct OpenVpnControl {
  bool from_client = false;
  Bytes tls;  // joined in scratch, and at most as much; empty before the first
};

// `stream` is a direction's from its first byte. Packets are taken in the order of their ids; one
// that comes again is passed over, as are acknowledgments. A stream is believed to be OpenVPN's
// when its first packet is a hard reset, byte for byte as long as its fields say, with or without
// the HMAC of --tls-auth.
//
// truncated: that first packet is not whole. malformed: it is none, or the control channel is
// encrypted (--tls-crypt), which the first packet shows as well.
Result<OpenVpnControl> parse_openvpn_control(Bytes stream,
                                             std::span<std::uint8_t> scratch) noexcept;

}  // namespace sekimori
