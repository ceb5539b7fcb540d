#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "sensor/decode/packet.h"
#include "sensor/flow/head_pool.h"
#include "sensor/flow/hello_facts.h"
#include "sensor/flow/stream_head.h"

namespace sekimori {

struct HelloCounters {
  std::uint64_t found = 0;             // hellos, of clients and servers
  std::uint64_t broken = 0;            // begun and never readable
  std::uint64_t heads_forgotten = 0;   // a newer stream took the place of one still waiting
  std::uint64_t segments_refused = 0;  // beyond a head's size or its number of holes

  HelloCounters& operator+=(const HelloCounters& more) noexcept {
    found += more.found;
    broken += more.broken;
    heads_forgotten += more.heads_forgotten;
    segments_refused += more.segments_refused;
    return *this;
  }
};

// Looks for the ClientHello and the ServerHello at the start of TCP streams, behind a PROXY header
// or inside OpenVPN's control channel, or where a stream turns to TLS, and puts what they say into
// the flow's facts. Bytes are kept only while a hello is incomplete.
class HelloFinder {
 public:
  // `heads`: streams whose hello may be incomplete at one time. Throws std::bad_alloc; only at
  // start. `facts` must outlive the finder.
  HelloFinder(HelloFactsPool& facts, SlotIndex heads);

  // A segment with payload whose stream's first_sequence is known. `flow_at` resolves the owner of
  // a head that must be forgotten.
  template <typename FlowAt>
  void observe(SlotIndex slot, Flow& flow, const Packet& packet, Sender sender,
               const FlowAt& flow_at) noexcept {
    if (flow.of(sender).search == HelloSearch::open) look(slot, flow, packet, sender, flow_at);
    if (flow.of(sender).search != HelloSearch::absent) return;
    begin_late(flow, packet, sender);
    if (flow.of(sender).search == HelloSearch::open) look(slot, flow, packet, sender, flow_at);
  }

  // The flow is over: gives back the heads that it held. Call after its last record was made.
  void release(Flow& flow) noexcept;

  const HelloCounters& counters() const noexcept { return counters_; }

 private:
  enum class Reading : std::uint8_t { settled, more };

  // A segment's bytes, and where in the stream they stand.
  struct Placed {
    std::uint32_t offset = 0;
    Bytes bytes;
  };

  // The start of a stream of TLS.
  struct Opening {
    Bytes tls;
    bool is_full = false;  // what would come behind it is not kept
  };

  template <typename FlowAt>
  void look(SlotIndex slot, Flow& flow, const Packet& packet, Sender sender,
            const FlowAt& flow_at) noexcept {
    const Placed segment = place(flow, packet, sender);
    if (segment.bytes.empty() || read_in_place(flow, sender, segment)) return;
    const bool needs_head = flow.of(sender).hello_bytes == kNoSlot;
    const SlotIndex displaced = needs_head ? heads_.displaced() : kNoSlot;
    if (displaced != kNoSlot && is_described(flow, sender)) {
      // Nobody's hello is given up for the sake of a certificate.
      settle(flow, sender, HelloSearch::found);
      return;
    }
    if (displaced != kNoSlot) {
      forget_head(flow_at(heads_.flow_of(displaced)), heads_.sender_of(displaced));
    }
    keep(slot, flow, sender, segment);
  }

  // A stream that was something else first may turn to TLS (STARTTLS, CONNECT, SOCKS): then it is
  // searched again from the segment that begins with a hello.
  static void begin_late(Flow& flow, const Packet& packet, Sender sender) noexcept;
  static Placed place(const Flow& flow, const Packet& packet, Sender sender) noexcept;
  // The usual case: a whole hello in one segment is read where it lies. False when its bytes must
  // be kept for more to come.
  bool read_in_place(Flow& flow, Sender sender, const Placed& segment) noexcept;
  void keep(SlotIndex slot, Flow& flow, Sender sender, const Placed& segment) noexcept;
  Reading read(Flow& flow, Sender sender, Bytes run) noexcept;
  // The TLS in a stream, out of what carries it; empty before its first byte. Truncated while the
  // carrier's own beginning is not whole.
  Result<Bytes> uncarried(Flow& flow, Sender sender, Bytes run) noexcept;
  HelloFacts& note_carrier(Flow& flow, Sender client, Carrier carrier) noexcept;
  Reading read_tls(Flow& flow, Sender sender, const Opening& opening) noexcept;
  Reading read_client(Flow& flow, Sender sender, const Opening& opening) noexcept;
  Reading read_server(Flow& flow, Sender sender, const Opening& opening) noexcept;
  Reading read_certificate(const ServerHello& hello, const Opening& opening,
                           HelloFacts& facts) noexcept;
  Reading fail(Flow& flow, Sender sender, Defect defect, const Opening& opening) noexcept;
  // Whether the hello was read and only its certificate is still to come.
  bool is_described(const Flow& flow, Sender sender) const noexcept;
  void settle(Flow& flow, Sender sender, HelloSearch outcome) noexcept;
  void break_off(Flow& flow, Sender sender, NoFingerprint why) noexcept;
  void forget_head(Flow& flow, Sender sender) noexcept;

  HelloFactsPool& facts_;
  HeadPool<StreamHead> heads_;
  using Scratch = std::array<std::uint8_t, kStreamHeadSize>;
  std::unique_ptr<Scratch> scratch_;  // a message's parts
  std::unique_ptr<Scratch> carried_;  // a stream's parts
  HelloCounters counters_;
};

}  // namespace sekimori
