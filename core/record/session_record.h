#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "core/bytes/inline_list.h"
#include "core/bytes/inline_text.h"
#include "core/net/country.h"
#include "core/net/ip_address.h"
#include "core/text/timestamp.h"

namespace sekimori {

// Which side of the platform's border the tap stands on (DESIGN.md, section 3).
enum class Vantage : std::uint8_t { edge, egress };

// What stands between the client and the tap, as declared for the listener. Timing proves nothing
// unless it is `direct`.
enum class Path : std::uint8_t { undeclared, direct, l4, l7 };

// One record early, one when the session ended or was forgotten; the end supersedes the start.
enum class EventType : std::uint8_t { start, end };

// 128 bits: a hash of observer, flow key, first packet's time and an ordinal, so the same after a
// re-send, a restart or a replay. Printed as 32 hex digits.
struct EventId {
  std::array<std::uint8_t, 16> bytes{};
  InlineText<32> text() const noexcept;
  friend auto operator<=>(const EventId&, const EventId&) noexcept = default;
};

struct AutonomousSystem {
  std::uint32_t number = 0;  // 0: unknown
  InlineText<96> organization;
};

struct Place {
  CountryCode country;
  InlineText<64> city;
  std::optional<double> latitude;   // degrees, north positive
  std::optional<double> longitude;  // degrees, east positive
};

struct Endpoint {
  IpAddress ip;
  std::optional<std::uint16_t> port;  // absent where the transport has none
  std::uint64_t bytes = 0;            // sum of innermost IP total lengths sent by this side
  std::uint64_t packets = 0;
  Place geo;
  AutonomousSystem as;
};

// What the databases say of the client's address beyond its place.
struct GeoDetail {
  CountryCode registered_country;
  std::optional<std::uint32_t> accuracy_radius_km;  // two thirds of addresses lie inside
  CountryCode second_country;                       // a second source's answer
  // Absent: no database with such flags. Present and false: it knows the address as clean.
  std::optional<bool> anonymous, vpn, hosting, public_proxy, residential_proxy, tor_exit;
  InlineText<64> database_type;
  std::optional<Timestamp> database_built;
  InlineText<64> as_database_type;
  std::optional<Timestamp> as_database_built;
};

// Why a hello was there and no fingerprint could be made.
enum class NoFingerprint : std::uint8_t {
  none,
  incomplete,
  malformed,
  too_large,
  pool_full,
  digest
};

using AlpnName = InlineText<32>;  // non-printing bytes as \xNN

struct TlsFacts {
  InlineText<8> version;         // negotiated: "1.3"
  InlineText<64> cipher;         // IANA name, or "0xc0ff" where we have none
  AlpnName next_protocol;        // negotiated, when visible
  InlineText<255> server_name;   // as sent; non-printing bytes as \xNN
  InlineList<AlpnName, 8> alpn;  // offered, in order
  InlineText<32> ja3;
  InlineText<36> ja4;
  InlineText<32> ja3s;
  // Whom the server's certificate names, where it passes in the clear (up to TLS 1.2); not
  // verified.
  InlineText<128> server_subject;  // "C=JP, O=Example, CN=www.example"
  InlineText<128> server_issuer;
  std::optional<bool> ech;          // ECH extension seen; absent when no hello was read
  std::optional<bool> hello_retry;  // the server asked for another hello; absent when it was silent
  NoFingerprint no_fingerprint = NoFingerprint::none;
};

// Of the client's first SYN.
struct SynFacts {
  std::optional<std::uint8_t> ttl;
  std::optional<std::uint16_t> window;
  std::optional<std::uint8_t> window_scale;
  std::optional<std::uint16_t> mss;
  std::optional<bool> df;   // IPv4 only
  InlineText<120> options;  // kinds in order: "2-4-8-1-3"
};

// Microseconds; absent when doubtful (Karn's rule, SYN cookies, Fast Open, a gap), never
// approximated.
struct Timing {
  std::optional<std::uint32_t> client_rtt_us;   // SYN-ACK to the ACK that completes the handshake
  std::optional<std::uint32_t> server_rtt_us;   // SYN to SYN-ACK
  std::optional<std::uint32_t> hello_delay_us;  // that ACK to the first byte of the ClientHello
  std::optional<std::uint32_t> tls_gap_us;      // last server byte before the client's first
                                                // post-hello TLS record, to that record
  std::optional<std::uint32_t> retry_gap_us;    // the same over a HelloRetryRequest
  std::optional<std::uint32_t> turnaround_us;
  std::optional<std::uint32_t> turnaround_samples;
  std::optional<std::uint32_t> ack_rtt_us;
  std::optional<std::uint32_t> ack_rtt_samples;
  std::optional<std::uint32_t> quic_rtt_us;
};

// Absent: nobody looked.
struct Loss {
  std::optional<std::uint64_t> unseen_bytes;       // acknowledged, never seen at the tap
  std::optional<bool> window;                      // the session lies in a loss window
  std::optional<std::uint32_t> duplicate_packets;  // of a mirror: removed, so in no other number
};

// With the PROXY protocol the record's client is who the header names; this is who sent it.
struct ProxyPeer {
  IpAddress ip;
  std::optional<std::uint16_t> port;
};

// The first 32 payload bytes of one end in lower-case hex: of a TCP stream its beginning, of UDP
// the first datagram's. In memory only, for rules in the sensor.
using PayloadHead = InlineText<64>;

// SHA-256 of a pack of rules in hex (RulePack::hash).
using PackHashText = InlineText<64>;

struct SignatureMatch {
  InlineText<36> id;
  InlineText<96> title;
  InlineText<16> level;
  bool shadow = false;  // of an experimental rule: reported, and no other rule sees it
};

// One sentence of the sensor about one session (DESIGN.md, section 4). By value: it outlives the
// flow and crosses threads without an allocation (but for ja4_r, which is only made on request).
// Absent means unknown.
struct SessionRecord {
  // Not defaulted: SessionRecord{} would clear kilobytes of room for text before it begins.
  SessionRecord() noexcept {}  // NOLINT(modernize-use-equals-default)

  EventId id;
  EventType type = EventType::end;
  Timestamp start;  // first packet
  Timestamp end;    // last packet seen when the record was made
  InlineText<64> observer;
  InlineText<16> observer_version;
  Vantage vantage = Vantage::edge;
  Path path = Path::undeclared;
  std::uint8_t protocol = 0;          // IANA protocol number
  std::optional<std::uint16_t> vlan;  // outermost
  std::optional<std::uint32_t> vni;   // outermost VXLAN or Geneve network identifier, 24 bits
  InlineText<24> network_protocol;    // "tls", "quic", "rdp"
  InlineText<32> application;
  Endpoint client;
  Endpoint server;
  GeoDetail geo;  // of the client
  ProxyPeer proxy;
  TlsFacts tls;
  std::string ja4_r;  // JA4's raw form
  SynFacts syn;
  Timing timing;
  InlineText<32> remote_access;
  InlineText<32> tunnel;
  PackHashText rules_pack;                   // of the rules that were asked; empty: none were
  InlineList<SignatureMatch, 8> signatures;  // in order of rule id
  Loss loss;
  // Never encoded, stored, logged or shown: payload is not ours to keep (DESIGN.md, section 10).
  PayloadHead client_head;
  PayloadHead server_head;
};

}  // namespace sekimori
