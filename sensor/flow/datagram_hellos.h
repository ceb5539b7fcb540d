#pragma once

#include <cstdint>
#include <memory>

#include "sensor/flow/flow_table.h"
#include "sensor/flow/head_pool.h"
#include "sensor/flow/hello_facts.h"
#include "sensor/flow/hello_search.h"
#include "sensor/handshake/message_pieces.h"
#include "sensor/handshake/quic_initial.h"

namespace sekimori {

// What is kept of one side's hello while it is incomplete.
struct DatagramHead {
  bool begun = false;           // there are pieces
  QuicProtection protection{};  // of QUIC: that of the pieces' sender
  // Of DTLS: the message that the pieces are of.
  HandshakeType message_type = HandshakeType::client_hello;
  std::uint16_t message_sequence = 0;
  std::uint32_t message_size = 0;  // bytes
  MessagePieces pieces;
};

// A hello says who the client is, and not who spoke first: WebRTC's ends check their path before.
void prove_client(Flow& flow, Sender sender) noexcept;

// What QUIC and DTLS have in common: where a hello's pieces are kept, and what becomes of it once
// it is whole. The flow's kind is known then. Pieces cost a head only when a datagram ends and its
// hello has not.
class DatagramHellos {
 public:
  // `heads`: hellos that may be incomplete at one time. Throws std::bad_alloc; only at start.
  // `table` and `facts` must outlive it.
  DatagramHellos(FlowTable& table, HelloFactsPool& facts, SlotIndex heads);

  // Call before a datagram is read.
  void begin(Flow& flow, Sender sender) noexcept;
  // Where the pieces of this sender's hello go until keep(). Borrowed until then.
  DatagramHead& head(const Flow& flow, Sender sender) noexcept;
  // Call after a datagram was read: what is incomplete is kept.
  void keep(SlotIndex slot, Sender sender) noexcept;
  // The flow is over: gives back the heads that it held. Call after its last record was made.
  void release(Flow& flow) noexcept;

  // A whole ClientHello or ServerHello, without its header: into the facts. A HelloRetryRequest is
  // noted, and the search goes on.
  void read_client(Flow& flow, Sender sender, Bytes body) noexcept;
  void read_server(Flow& flow, Sender sender, Bytes body) noexcept;

  // This side will say no hello, and nothing is wrong with that.
  void give_up(Flow& flow, Sender sender) noexcept { settle(flow, sender, HelloSearch::absent); }
  // This side's hello is there and cannot be read.
  void break_off(Flow& flow, Sender sender, NoFingerprint why) noexcept;

  const HelloCounters& counters() const noexcept { return counters_; }

 private:
  void settle(Flow& flow, Sender sender, HelloSearch outcome) noexcept;
  void forget(SlotIndex head) noexcept;

  FlowTable& table_;
  HelloFactsPool& facts_;
  HeadPool<DatagramHead> heads_;
  std::unique_ptr<DatagramHead> work_;  // of the datagram that is being read
  HelloCounters counters_;
};

}  // namespace sekimori
