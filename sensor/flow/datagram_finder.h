#pragma once

#include "sensor/decode/packet.h"
#include "sensor/flow/datagram_hellos.h"
#include "sensor/flow/dtls_search.h"
#include "sensor/flow/quic_search.h"

namespace sekimori {

// Looks for the ClientHello and the ServerHello at the start of UDP flows, in QUIC and in DTLS, and
// puts what they say into the flow's facts. A flow that is neither is soon left alone, and so is
// one whose hellos are read or will not come: its datagrams cost one comparison from then on.
class DatagramFinder {
 public:
  // `heads`: hellos that may be incomplete at one time. Throws std::bad_alloc; only at start.
  // `table` and `facts` must outlive the finder.
  DatagramFinder(FlowTable& table, HelloFactsPool& facts, SlotIndex heads)
      : table_{table}, hellos_{table, facts, heads}, quic_{hellos_}, dtls_{hellos_} {}

  // A datagram of the flow in `slot`.
  void observe(SlotIndex slot, const Packet& packet, Sender sender) noexcept;

  // The flow is over: gives back the heads that it held. Call after its last record was made.
  void release(Flow& flow) noexcept { hellos_.release(flow); }

  const HelloCounters& counters() const noexcept { return hellos_.counters(); }

 private:
  bool search(Flow& flow, const Packet& packet, Sender sender) noexcept;
  void conclude(Flow& flow) noexcept;

  FlowTable& table_;
  DatagramHellos hellos_;
  QuicSearch quic_;
  DtlsSearch dtls_;
};

}  // namespace sekimori
