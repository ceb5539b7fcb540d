#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <new>

#include "core/net/flow_key.h"
#include "core/text/timestamp.h"
#include "sensor/decode/packet.h"
#include "sensor/decode/tcp_options.h"

namespace sekimori {

using SlotIndex = std::uint32_t;  // into one partition's table or pool
inline constexpr SlotIndex kNoSlot = std::numeric_limits<SlotIndex>::max();

// Which end of a flow's key sent a packet.
enum class Sender : std::uint8_t { low = 0, high = 1 };
constexpr Sender other(Sender sender) noexcept {
  return sender == Sender::low ? Sender::high : Sender::low;
}

// How far the search for a hello in one direction's stream has come.
enum class HelloSearch : std::uint8_t {
  open,  // not found, not ruled out
  found,
  absent,  // this stream does not begin with one
  broken,  // it began and cannot be read; the flow's facts say why
};

// How long a flow may stay silent, and which flow is forgotten first when the table is full: the
// longest silent of the first of these that is not empty.
enum class IdleClass : std::uint8_t { half_open, closing, datagram, established };
inline constexpr std::size_t kIdleClassCount = 4;

// What one end has sent.
struct HalfFlow {
  std::uint64_t bytes = 0;           // sum of IP total lengths
  std::uint32_t packets = 0;         // as they were on the wire: fragments count
  std::uint32_t first_sequence = 0;  // of the first stream byte; meaningful with kBaseKnown
  std::uint32_t next_sequence = 0;   // after the last byte seen
  std::uint32_t acknowledged = 0;    // highest acknowledgment of these bytes; with kAckSeen
  SlotIndex hello_bytes = kNoSlot;   // the start of the stream, when it came in pieces
  HelloSearch search = HelloSearch::open;
  std::uint8_t marks = 0;  // HalfMark
};

enum HalfMark : std::uint8_t {
  kBaseKnown = 0x01,  // first_sequence is set
  kFinSeen = 0x02,
  kAckSeen = 0x04,       // acknowledged is set
  kCarrierAlone = 0x08,  // all that came is what may carry a hello, or could become that
  kHeadBegun = 0x10,     // payload was seen: PayloadHeads has its first bytes
  kHeadWhole = 0x20,     // and no more of them are wanted
};

// What makes a time doubtful, or settles what was doubtful.
enum FlowMark : std::uint32_t {
  kSynSeen = 0x00001,
  kSynAckSeen = 0x00002,
  kSynRepeated = 0x00004,
  kSynAckRepeated = 0x00008,
  kClientKnown = 0x00010,     // by SYN, SYN-ACK, first datagram or hello, in that order
  kHandshakeAcked = 0x00020,  // client_rtt_us is settled
  kAckCarriedData = 0x00040,  // so it is later than the answer to the SYN-ACK could be
  kHelloDelaySet = 0x00080,
  kHelloResent = 0x00100,  // a byte of the hello was seen twice
  kServerSpoke = 0x00200,  // new server data since the client's last new data
  kGapDoubtful = 0x00400,  // a retransmission, a hole or an unacknowledged byte lies in the gap
  kGapSettled = 0x00800,   // measured or given up
  kRetrySeen = 0x01000,    // the server's first message was a HelloRetryRequest
  kStartSent = 0x02000,
  kReset = 0x04000,
  kRetrySettled = 0x08000,         // as kGapSettled, for the gap over the HelloRetryRequest
  kTurnDoubtful = 0x10000,         // as kGapDoubtful, since the client's last new data
  kAckAwaited = 0x20000,           // new server data that no acknowledgment has covered yet
  kEchoAwaited = 0x40000,          // echo_value is on its way
  kEchoKnown = 0x80000,            // last_value is set: both ends send time stamps
  kLossUnknown = 0x100000,         // more holes than could be remembered
  kFirstPacketsOver = 0x10000000,  // FirstPackets wants no more of them
  kClassified = 0x20000000,        // FirstPackets has the classifier's names
};

inline constexpr std::uint32_t kNoVni = std::numeric_limits<std::uint32_t>::max();  // 24 bits exist
inline constexpr std::uint32_t kNoTime = std::numeric_limits<std::uint32_t>::max();

// The client's first SYN, small enough for the slot.
struct SynShape {
  std::uint16_t window = 0;
  std::uint8_t ttl = 0;
  bool df = false;
  SynOptions options;
};

// What a UDP flow was proved to be: by an Initial that opened, by a hello's fragment.
enum class DatagramKind : std::uint8_t { unknown, quic, dtls };

// RFC 9000, section 17.2.
struct ConnectionId {
  std::uint8_t size = 0;  // bytes
  std::array<std::uint8_t, 20> bytes{};
};

enum DatagramMark : std::uint8_t {
  kClientProven = 0x01,    // by a hello, or by an Initial that opened with the client's keys
  kSearchOver = 0x02,      // nothing more is looked for
  kRetryAwaited = 0x04,    // the server sent a Retry: server_chose is its source id
  kFlightSeen = 0x08,      // the server's flight began: server_chose is its source id
  kFlightGreeted = 0x10,   // it held CRYPTO bytes, which the client must acknowledge at once
  kFlightDoubtful = 0x20,  // a repetition, or a flight with a pause in it
  kQuicRttSettled = 0x40,  // measured or given up
};

// What a UDP flow remembers while its hellos are looked for.
struct DatagramState {
  std::int64_t flight_at = 0;  // nanoseconds after first_seen: of the server's flight, or its Retry
  std::uint32_t quic_rtt_us = kNoTime;
  std::uint32_t version = 0;  // of the client's Initial
  ConnectionId client_chose;  // destination id of the client's Initial: the keys come from it
  ConnectionId server_chose;  // what the client can only know from the server
  DatagramKind kind = DatagramKind::unknown;
  std::uint8_t marks = 0;    // DatagramMark
  std::uint8_t strange = 0;  // datagrams that the search learned nothing from
  std::uint8_t opened = 0;   // Initials that were tried to open

  bool has(DatagramMark mark) const noexcept { return (marks & mark) != 0; }
  void set(DatagramMark mark) noexcept { marks = static_cast<std::uint8_t>(marks | mark); }
};

// What a TCP connection's times are made of. Moments are nanoseconds after the flow's first_seen;
// times are microseconds, kNoTime for unknown.
struct TcpState {
  std::int64_t handshake_at = 0;     // the last step of the handshake that was seen
  std::int64_t server_spoke_at = 0;  // with kServerSpoke
  std::uint32_t server_rtt_us = kNoTime;
  std::uint32_t client_rtt_us = kNoTime;
  std::uint32_t hello_delay_us = kNoTime;
  std::uint32_t tls_gap_us = kNoTime;
  std::uint32_t retry_gap_us = kNoTime;
  std::uint32_t turnaround_us = kNoTime;
  std::uint32_t ack_rtt_us = kNoTime;
  std::uint16_t turnaround_samples = 0;  // stays at its largest value; so does the next
  std::uint16_t ack_rtt_samples = 0;
  std::uint32_t last_value = 0;  // TSval (RFC 7323, section 3) of the server's latest segment
  std::uint32_t echo_value = 0;  // the one that is timed, and when its first segment passed:
  std::uint32_t echo_us = 0;     // microseconds after first_seen, modulo 2^32
  SlotIndex gaps = kNoSlot;      // StreamGaps, taken when a hole is met
  SynShape syn;
};

// One session in its slot. Times of the packet.
struct Flow {
  FlowKey key;
  Timestamp first_seen;
  Timestamp last_seen;  // never goes back, whatever the frames' order

  // The table's own links: bucket chain, and the list of its idle class from oldest to newest.
  SlotIndex chain = kNoSlot;
  SlotIndex older = kNoSlot;
  SlotIndex newer = kNoSlot;

  SlotIndex facts = kNoSlot;  // TlsFacts, taken when a hello is met
  std::array<HalfFlow, 2> half{};

  std::uint32_t marks = 0;  // FlowMark
  std::uint32_t vni = kNoVni;
  std::uint16_t vlan = 0;
  std::uint16_t duplicates = 0;  // packets that a mirror doubled; stays at its largest value
  std::uint16_t ordinal = 0;     // tells flows of one key and one first packet's time apart
  Sender client = Sender::low;
  IdleClass idle_class = IdleClass::half_open;

  // What only one transport needs: the flow's protocol says which of them there is.
  union {
    TcpState tcp;
    DatagramState datagram;  // of everything but TCP
  };

  Flow() noexcept : tcp{} {}
  void become_datagram() noexcept { new (&datagram) DatagramState{}; }

  bool is(IpProtocol protocol) const noexcept {
    return key.protocol == static_cast<std::uint8_t>(protocol);
  }
  bool has(FlowMark mark) const noexcept { return (marks & mark) != 0; }
  void set(FlowMark mark) noexcept { marks |= mark; }
  void clear(FlowMark mark) noexcept { marks &= ~static_cast<std::uint32_t>(mark); }
  HalfFlow& of(Sender sender) noexcept { return half[static_cast<std::size_t>(sender)]; }
  const HalfFlow& of(Sender sender) const noexcept {
    return half[static_cast<std::size_t>(sender)];
  }
};

static_assert(sizeof(Flow) <= 256, "a flood is paid for in slots");

}  // namespace sekimori
