#include "sensor/flow/datagram_hellos.h"

namespace sekimori {
namespace {

TransportKind transport_of(const Flow& flow) noexcept {
  return flow.datagram.kind == DatagramKind::quic ? TransportKind::quic : TransportKind::dtls;
}

}  // namespace

void prove_client(Flow& flow, Sender sender) noexcept {
  flow.client = sender;
  flow.set(kClientKnown);
  flow.datagram.set(kClientProven);
}

DatagramHellos::DatagramHellos(FlowTable& table, HelloFactsPool& facts, SlotIndex heads)
    : table_{table}, facts_{facts}, heads_{heads}, work_{std::make_unique<DatagramHead>()} {}

void DatagramHellos::begin(Flow& flow, Sender sender) noexcept {
  if (flow.of(sender).hello_bytes != kNoSlot || !work_->begun) return;
  work_->begun = false;
  work_->pieces.clear();
}

DatagramHead& DatagramHellos::head(const Flow& flow, Sender sender) noexcept {
  const SlotIndex kept = flow.of(sender).hello_bytes;
  return kept == kNoSlot ? *work_ : heads_[kept];
}

void DatagramHellos::keep(SlotIndex slot, Sender sender) noexcept {
  HalfFlow& half = table_[slot].of(sender);
  const bool incomplete = half.search == HelloSearch::open && work_->begun;
  if (half.hello_bytes != kNoSlot || !incomplete) return;
  const SlotIndex displaced = heads_.displaced();
  if (displaced != kNoSlot) forget(displaced);
  half.hello_bytes = heads_.take(slot, sender);
  heads_[half.hello_bytes] = *work_;
}

void DatagramHellos::release(Flow& flow) noexcept {
  for (const Sender sender : {Sender::low, Sender::high}) {
    SlotIndex& head = flow.of(sender).hello_bytes;
    if (head != kNoSlot) heads_.give_back(head);
    head = kNoSlot;
  }
}

void DatagramHellos::read_client(Flow& flow, Sender sender, Bytes body) noexcept {
  const auto hello = parse_client_hello(body, transport_of(flow));
  prove_client(flow, sender);
  if (!hello) return break_off(flow, sender, NoFingerprint::malformed);
  facts_.describe_client(flow, *hello, transport_of(flow));
  settle(flow, sender, HelloSearch::found);
}

void DatagramHellos::read_server(Flow& flow, Sender sender, Bytes body) noexcept {
  const auto hello = parse_server_hello(body);
  if (!hello) return settle(flow, sender, HelloSearch::broken);
  prove_client(flow, other(sender));
  HelloFacts& facts = facts_.of(flow);
  facts.transport = transport_of(flow);
  if (hello->is_hello_retry_request) {
    facts.tls.hello_retry = true;
    return;
  }
  describe_server(*hello, transport_of(flow), facts);
  settle(flow, sender, HelloSearch::found);
}

void DatagramHellos::break_off(Flow& flow, Sender sender, NoFingerprint why) noexcept {
  if (sender == flow.client) {
    HelloFacts& facts = facts_.of(flow);
    facts.transport = transport_of(flow);
    facts.tls.no_fingerprint = why;
  }
  settle(flow, sender, HelloSearch::broken);
}

void DatagramHellos::settle(Flow& flow, Sender sender, HelloSearch outcome) noexcept {
  HalfFlow& half = flow.of(sender);
  half.search = outcome;
  if (half.hello_bytes != kNoSlot) heads_.give_back(half.hello_bytes);
  half.hello_bytes = kNoSlot;
  counters_.found += outcome == HelloSearch::found ? 1U : 0U;
  counters_.broken += outcome == HelloSearch::broken ? 1U : 0U;
}

void DatagramHellos::forget(SlotIndex head) noexcept {
  ++counters_.heads_forgotten;
  break_off(table_[heads_.flow_of(head)], heads_.sender_of(head), NoFingerprint::pool_full);
}

}  // namespace sekimori
