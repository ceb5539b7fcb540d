#include "sensor/flow/flow_tracker.h"

#include <algorithm>
#include <limits>

#include "sensor/flow/make_record.h"
#include "sensor/flow/tcp_round_trip.h"
#include "sensor/flow/tcp_timing.h"

namespace sekimori {
namespace {

// How long a start record waits for what its session's opening may still show.
constexpr std::chrono::seconds kOpeningPatience{5};

// Connections of one partition that may have holes at one time; each takes 216 bytes meanwhile.
constexpr SlotIndex kLossyConnections = 1024;

bool is_syn(const Packet& packet) noexcept {
  return packet.protocol == IpProtocol::tcp && (packet.tcp.flags & (kSyn | kAck)) == kSyn;
}

// A SYN that cannot belong to `flow`: its ports are used again.
bool begins_another(const Flow& flow, const Packet& packet, Sender sender) noexcept {
  if (!is_syn(packet) || (packet.tcp.flags & kRst) != 0) return false;
  // A reset ends a connection, even one that a challenge ACK kept from beginning (RFC 5961): the
  // next SYN is another attempt, though it may carry the same number.
  if (flow.has(kReset)) return true;
  const HalfFlow& half = flow.of(sender);
  const bool same_stream =
      (half.marks & kBaseKnown) != 0 && half.first_sequence == packet.tcp.sequence + 1;
  if (same_stream) return false;
  // Before an answer, a SYN with another number is a second attempt: the first one counts.
  const bool unanswered = flow.has(kSynSeen) && !flow.has(kSynAckSeen) &&
                          flow.half[0].search == HelloSearch::open &&
                          flow.half[1].search == HelloSearch::open;
  return !unanswered;
}

IdleClass class_of(const Flow& flow, const Packet& packet) noexcept {
  if (packet.protocol != IpProtocol::tcp) return IdleClass::datagram;
  const bool both_closed = (flow.half[0].marks & flow.half[1].marks & kFinSeen) != 0;
  if (flow.has(kReset) || both_closed) return IdleClass::closing;
  if (flow.idle_class == IdleClass::established) return IdleClass::established;
  const bool alive = flow.has(kHandshakeAcked) || packet.payload_length > 0;
  return alive ? IdleClass::established : IdleClass::half_open;
}

// Nothing more of the opening is to be expected: times are settled after a hello; where there is
// none, the first words of both ends are what rules can name the session by.
bool is_opening_known(const Flow& flow) noexcept {
  if (flow.is(IpProtocol::udp)) {
    if (!flow.datagram.has(kSearchOver)) return false;
    return flow.datagram.kind != DatagramKind::unknown || have_both_spoken(flow);
  }
  if (flow.has(kGapSettled)) return true;
  const HelloSearch client = flow.of(flow.client).search;
  return (client == HelloSearch::absent || client == HelloSearch::broken) && have_both_spoken(flow);
}

}  // namespace

FlowPlace place_of(const Packet& packet, std::uint64_t seed) noexcept {
  FlowPlace place;
  const bool source_is_low = packet.source != packet.destination
                                 ? packet.source < packet.destination
                                 : packet.source_port <= packet.destination_port;
  place.sender = source_is_low ? Sender::low : Sender::high;
  place.key = source_is_low
                  ? FlowKey{packet.source, packet.destination, packet.source_port,
                            packet.destination_port, static_cast<std::uint8_t>(packet.protocol)}
                  : FlowKey{packet.destination, packet.source, packet.destination_port,
                            packet.source_port, static_cast<std::uint8_t>(packet.protocol)};
  place.hash = hash_of(place.key, seed);
  return place;
}

FlowTracker::FlowTracker(const FlowSettings& settings, FlowSamples& samples)
    : settings_{settings},
      table_{settings.flows, settings.timeouts},
      facts_{settings.flows, settings.raw_ja4},
      hellos_{facts_, settings.stream_heads},
      datagrams_{table_, facts_, settings.stream_heads},
      loss_{kLossyConnections},
      heads_{settings.flows},
      first_packets_{settings.flows, settings.first_packets},
      samples_{samples},
      openings_(settings.starts ? settings.flows : 0) {}

void FlowTracker::observe(const Packet& packet, const FlowPlace& place, Records& out) noexcept {
  SlotIndex slot = table_.find(place.key, place.hash);
  if (is_duplicate(slot, packet, place)) return;
  std::uint16_t ordinal = 0;
  if (slot != kNoSlot && begins_another(table_[slot], packet, place.sender)) {
    const Flow& before = table_[slot];
    if (before.first_seen == packet.time) ordinal = static_cast<std::uint16_t>(before.ordinal + 1);
    end(slot, out);
    slot = kNoSlot;
  }
  if (slot == kNoSlot) {
    slot = open(packet, place, out);
    table_[slot].ordinal = ordinal;
  }
  Flow& flow = table_[slot];
  HalfFlow& half = flow.of(place.sender);
  half.bytes += packet.ip_length;
  half.packets += packet.fragments;
  if (flow.vlan == 0) flow.vlan = packet.vlan;
  if (flow.vni == kNoVni) flow.vni = packet.vni.value_or(kNoVni);
  if (packet.protocol == IpProtocol::tcp) observe_tcp(slot, packet, place.sender);
  if (packet.protocol == IpProtocol::udp) observe_datagram(slot, packet, place.sender);
  table_.touch(slot, packet.time, class_of(flow, packet));
  const bool waited = packet.time - flow.first_seen > kOpeningPatience;
  if (settings_.starts && !flow.has(kStartSent) && (waited || is_opening_known(flow))) {
    start(slot, out);
  }
}

bool FlowTracker::is_duplicate(SlotIndex slot, const Packet& packet,
                               const FlowPlace& place) noexcept {
  const std::uint64_t direction = place.hash ^ static_cast<std::uint64_t>(place.sender);
  if (!duplicates_.is_duplicate(packet, direction)) return false;
  counters_.duplicates += packet.fragments;
  if (slot == kNoSlot) return true;
  std::uint16_t& count = table_[slot].duplicates;
  if (count < std::numeric_limits<std::uint16_t>::max()) ++count;
  return true;
}

void FlowTracker::expire(Timestamp now, std::size_t limit, Records& out) noexcept {
  start_overdue(now, out);
  for (std::size_t count = 0; count < limit; ++count) {
    const SlotIndex slot = table_.expired(now);
    if (slot == kNoSlot) return;
    end(slot, out);
  }
}

bool FlowTracker::drain(std::size_t limit, Records& out) noexcept {
  for (std::size_t count = 0; count < limit; ++count) {
    const SlotIndex slot = table_.oldest();
    if (slot == kNoSlot) return true;
    end(slot, out);
  }
  return table_.size() == 0;
}

FlowCounters FlowTracker::counters() const noexcept {
  FlowCounters counters = counters_;
  counters.samples_forgotten = first_packets_.forgotten();
  return counters;
}

HelloCounters FlowTracker::hello_counters() const noexcept {
  HelloCounters counters = hellos_.counters();
  counters += datagrams_.counters();
  return counters;
}

SlotIndex FlowTracker::open(const Packet& packet, const FlowPlace& place, Records& out) noexcept {
  if (table_.full()) {
    ++counters_.evicted;
    end(table_.oldest(), out);
  }
  ++counters_.opened;
  const SlotIndex slot = table_.insert(place.key, place.hash, packet.time, IdleClass::half_open);
  Flow& flow = table_[slot];
  if (packet.protocol != IpProtocol::tcp) {
    flow.become_datagram();
    flow.client = place.sender;
    flow.set(kClientKnown);
  }
  if (!openings_.empty()) {
    if (opening_count_ == openings_.size()) {
      opening_first_ = (opening_first_ + 1) % openings_.size();
      --opening_count_;
    }
    openings_[(opening_first_ + opening_count_) % openings_.size()] = {slot, packet.time};
    ++opening_count_;
  }
  return slot;
}

void FlowTracker::observe_tcp(SlotIndex slot, const Packet& packet, Sender sender) noexcept {
  Flow& flow = table_[slot];
  const std::uint8_t flags = packet.tcp.flags;
  if ((flags & kSyn) != 0 && (flags & kAck) == 0) {
    observe_syn(flow, packet, sender);
  } else if ((flags & kSyn) != 0) {
    observe_syn_ack(flow, packet, sender);
  } else {
    observe_handshake_ack(flow, packet, sender);
    if ((flags & kRst) == 0) observe_acknowledgment(flow, packet, sender);
  }
  if (packet.payload_length > 0 && (flags & (kRst | kSyn)) == 0) {
    observe_payload(slot, packet, sender);
  } else if (packet.payload_length > 0 && (flags & kRst) == 0) {
    // A SYN's own payload (RFC 7413) starts one after its number.
    Packet data = packet;
    ++data.tcp.sequence;
    observe_payload(slot, data, sender);
  }
  HalfFlow& half = flow.of(sender);
  if ((flags & kFin) != 0) half.marks = static_cast<std::uint8_t>(half.marks | kFinSeen);
  if ((flags & kRst) != 0) flow.set(kReset);
}

void FlowTracker::observe_payload(SlotIndex slot, const Packet& packet, Sender sender) noexcept {
  Flow& flow = table_[slot];
  loss_.observe(flow, packet, sender);
  observe_data(flow, packet, sender);
  heads_.observe(slot, flow, packet, sender);
  hellos_.observe(slot, flow, packet, sender, [this](SlotIndex at) -> Flow& { return table_[at]; });
  keep_first(slot, packet, sender);
}

void FlowTracker::observe_datagram(SlotIndex slot, const Packet& packet, Sender sender) noexcept {
  heads_.observe(slot, table_[slot], packet, sender);
  datagrams_.observe(slot, packet, sender);
  keep_first(slot, packet, sender);
}

// After the parsers have looked: what they have named is not kept.
void FlowTracker::keep_first(SlotIndex slot, const Packet& packet, Sender sender) noexcept {
  Flow& flow = table_[slot];
  if (settings_.first_packets == 0 || flow.has(kFirstPacketsOver)) return;
  if (is_named(flow, facts_)) return first_packets_.release(slot, flow);
  first_packets_.observe(slot, packet, sender,
                         [this](SlotIndex at) -> Flow& { return table_[at]; });
}

void FlowTracker::end(SlotIndex slot, Records& out) noexcept {
  Flow& flow = table_[slot];
  record(slot, EventType::end, out);
  if (flow.is(IpProtocol::udp)) {
    datagrams_.release(flow);
  } else {
    hellos_.release(flow);
  }
  if (flow.is(IpProtocol::tcp)) loss_.release(flow);
  if (settings_.first_packets != 0) first_packets_.release(slot, flow);
  facts_.release(flow);
  table_.remove(slot, hash_of(flow.key, settings_.seed));
  ++counters_.ended;
}

void FlowTracker::start(SlotIndex slot, Records& out) noexcept {
  table_[slot].set(kStartSent);
  record(slot, EventType::start, out);
}

void FlowTracker::record(SlotIndex slot, EventType type, Records& out) noexcept {
  const Flow& flow = table_[slot];
  SessionRecord& record = out.emplace_back();
  make_record(flow, facts_, loss_, settings_, type, record);
  const Sender client = client_of(flow, settings_);
  record.client_head = heads_.head(slot, flow, client);
  record.server_head = heads_.head(slot, flow, other(client));
  if (settings_.first_packets == 0) return;
  FlowSample sample;
  if (is_named(flow, facts_) || !first_packets_.sample(slot, flow, sample, samples_.bytes)) return;
  sample.owner = this;
  sample.record = out.size() - 1;
  sample.key = flow.key;
  sample.client = client;
  samples_.list.push_back(sample);
}

void FlowTracker::take_answer(const FlowSample& sample) noexcept {
  first_packets_.answer(sample, table_[sample.slot]);
}

void FlowTracker::start_overdue(Timestamp now, Records& out) noexcept {
  while (opening_count_ > 0 && now - openings_[opening_first_].first_seen > kOpeningPatience) {
    const Opening due = openings_[opening_first_];
    opening_first_ = (opening_first_ + 1) % openings_.size();
    --opening_count_;
    // The slot may have been given to a later flow, which has an entry of its own.
    const Flow& flow = table_[due.slot];
    if (flow.first_seen == due.first_seen && !flow.has(kStartSent)) start(due.slot, out);
  }
}

}  // namespace sekimori
