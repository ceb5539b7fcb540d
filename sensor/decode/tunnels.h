#pragma once

#include "sensor/decode/ip_header.h"
#include "sensor/decode/link.h"

namespace sekimori {

// Each takes a tunnel's header and what follows it, and yields what it wraps; the link layer's
// defects are theirs. `unsupported` stands for what carries no IP packet that is read here.

// A PPPoE session (RFC 2516, section 4), without the PPP header.
Result<Content> parse_pppoe(Bytes session) noexcept;

// A stack of MPLS labels (RFC 3032): IP, or Ethernet behind a control word (RFC 4448).
Result<Content> parse_mpls(Bytes stack) noexcept;

// GRE (RFC 2784, RFC 2890), with PPP as PPTP has it (RFC 2637), and ERSPAN I to III.
Result<Content> parse_gre(Bytes packet) noexcept;

// VXLAN (RFC 7348), Geneve (RFC 8926) and the user plane of GTP (3GPP TS 29.281).
Result<Content> parse_vxlan(Bytes datagram) noexcept;
Result<Content> parse_geneve(Bytes datagram) noexcept;
Result<Content> parse_gtp_u(Bytes datagram) noexcept;

// Teredo (RFC 4380, section 5.1.1) and the data channel of CAPWAP (RFC 5415, section 4.3), with
// 802.3 or 802.11 frames. CAPWAP's own fragments are `unsupported`.
Result<Content> parse_teredo(Bytes datagram) noexcept;
Result<Content> parse_capwap(Bytes datagram) noexcept;

// What an IP packet wraps when its protocol number names a tunnel; else `unsupported`.
Result<Content> parse_ip_tunnel(const IpHeader& ip) noexcept;

// The same for a datagram, by its ports: a guess, since anything may use a port. It holds when
// everything inside it can be read.
Result<Content> parse_udp_tunnel(std::uint16_t source_port, std::uint16_t destination_port,
                                 Bytes datagram) noexcept;

}  // namespace sekimori
