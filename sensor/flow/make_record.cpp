#include "sensor/flow/make_record.h"

#include <algorithm>

#include "core/record/event_id.h"
#include "sensor/decode/packet.h"
#include "sensor/flow/tcp_timing.h"

namespace sekimori {
namespace {

bool has_ports(std::uint8_t protocol) noexcept {
  const auto known = static_cast<IpProtocol>(protocol);
  return known == IpProtocol::tcp || known == IpProtocol::udp || known == IpProtocol::sctp;
}

bool is_inside(const std::vector<Network>& networks, const IpAddress& address) noexcept {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Network& network) { return network.contains(address); });
}

Endpoint endpoint_of(const Flow& flow, Sender sender) noexcept {
  const bool low = sender == Sender::low;
  Endpoint end;
  end.ip = low ? flow.key.low : flow.key.high;
  if (has_ports(flow.key.protocol)) end.port = low ? flow.key.low_port : flow.key.high_port;
  end.bytes = flow.of(sender).bytes;
  end.packets = flow.of(sender).packets;
  return end;
}

SynFacts syn_facts(const Flow& flow) noexcept {
  SynFacts facts;
  if (!flow.has(kSynSeen)) return facts;
  const SynShape& shape = flow.tcp.syn;
  const SynOptions& options = shape.options;
  facts.ttl = shape.ttl;
  facts.window = shape.window;
  if (options.has_maximum_segment_size) facts.mss = options.maximum_segment_size;
  if (options.has_window_scale) facts.window_scale = options.window_scale;
  if (flow.key.low.is_v4()) facts.df = shape.df;
  facts.options = options.kinds.text();
  return facts;
}

std::optional<std::uint32_t> known(std::uint32_t microseconds) noexcept {
  if (microseconds == kNoTime) return std::nullopt;
  return microseconds;
}

Timing timing_of(const Flow& flow) noexcept {
  Timing timing;
  if (flow.is(IpProtocol::udp)) timing.quic_rtt_us = known(flow.datagram.quic_rtt_us);
  if (!flow.is(IpProtocol::tcp)) return timing;
  timing.client_rtt_us = known(client_rtt_us(flow));
  timing.server_rtt_us = known(server_rtt_us(flow));
  timing.hello_delay_us = known(hello_delay_us(flow));
  timing.tls_gap_us = known(flow.tcp.tls_gap_us);
  timing.retry_gap_us = known(flow.tcp.retry_gap_us);
  timing.turnaround_us = known(flow.tcp.turnaround_us);
  if (timing.turnaround_us) timing.turnaround_samples = flow.tcp.turnaround_samples;
  timing.ack_rtt_us = known(flow.tcp.ack_rtt_us);
  if (timing.ack_rtt_us) timing.ack_rtt_samples = flow.tcp.ack_rtt_samples;
  return timing;
}

// IANA's and ECS's words for what carries the handshake.
std::string_view protocol_name(TransportKind transport) noexcept {
  switch (transport) {
    case TransportKind::quic:
      return "quic";
    case TransportKind::dtls:
      return "dtls";
    case TransportKind::tls:
      break;
  }
  return "tls";
}

// What is kept of a client's stream is the start of its hello, unless a carrier was all that came.
bool is_hello_incomplete(const Flow& flow) noexcept {
  const HalfFlow& client = flow.of(flow.client);
  return client.search == HelloSearch::open && client.hello_bytes != kNoSlot &&
         (client.marks & kCarrierAlone) == 0;
}

void add_hello(const HelloFacts& facts, SessionRecord& record) noexcept {
  record.tls = facts.tls;
  if (facts.transport) record.network_protocol.assign(protocol_name(*facts.transport));
  if (facts.carrier == Carrier::openvpn) record.network_protocol.assign("openvpn");
}

// The header's word is taken only where a load balancer is declared to write it: anyone else's
// would let a client choose its own address.
void name_client(const HelloFacts& facts, SessionRecord& record) noexcept {
  if (record.path != Path::l4 || !facts.named_ip) return;
  record.proxy = {record.client.ip, record.client.port};
  record.client.ip = facts.named_ip;
  record.client.port = facts.named_port;
}

}  // namespace

Sender client_of(const Flow& flow, const FlowSettings& settings) noexcept {
  if (flow.has(kClientKnown)) return flow.client;
  const bool low_inside = is_inside(settings.inside_networks, flow.key.low);
  const bool high_inside = is_inside(settings.inside_networks, flow.key.high);
  if (low_inside != high_inside) {
    const bool client_is_inside = settings.vantage == Vantage::egress;
    return low_inside == client_is_inside ? Sender::low : Sender::high;
  }
  return flow.key.low_port >= flow.key.high_port ? Sender::low : Sender::high;
}

bool is_named(const Flow& flow, const HelloFactsPool& hellos) noexcept {
  if (flow.is(IpProtocol::udp) && flow.datagram.kind != DatagramKind::unknown) return true;
  const HelloFacts* facts = hellos.find(flow);
  return facts != nullptr && (facts->transport || facts->carrier == Carrier::openvpn);
}

void make_record(const Flow& flow, const HelloFactsPool& hellos, const StreamLoss& loss,
                 const FlowSettings& settings, EventType type, SessionRecord& record) noexcept {
  const FlowKey& key = flow.key;
  record.id =
      make_event_id(settings.observer.view(),
                    EventFlow{{key.low, key.low_port}, {key.high, key.high_port}, key.protocol},
                    flow.first_seen, flow.ordinal);
  record.type = type;
  record.start = flow.first_seen;
  record.end = flow.last_seen;
  record.observer = settings.observer;
  record.observer_version.assign(SEKIMORI_VERSION);
  record.vantage = settings.vantage;
  record.path = settings.path;
  record.protocol = key.protocol;
  if (flow.vlan != 0) record.vlan = flow.vlan;
  if (flow.vni != kNoVni) record.vni = flow.vni;
  const Sender client = client_of(flow, settings);
  record.client = endpoint_of(flow, client);
  record.server = endpoint_of(flow, other(client));
  record.syn = syn_facts(flow);
  record.timing = timing_of(flow);
  record.loss.duplicate_packets = flow.duplicates;
  if (flow.is(IpProtocol::tcp)) record.loss.unseen_bytes = loss.unseen_bytes(flow);
  const HelloFacts* facts = hellos.find(flow);
  if (facts != nullptr) {
    add_hello(*facts, record);
    record.ja4_r = hellos.raw_ja4(*facts);
    name_client(*facts, record);
  }
  const bool hello_met = facts != nullptr && facts->transport;
  if (!hello_met && is_hello_incomplete(flow)) {
    record.tls.no_fingerprint = NoFingerprint::incomplete;
  }
  if (!flow.is(IpProtocol::udp)) return;
  // An Initial that opened is QUIC, whatever handshake it carries; a hello's fragment is DTLS,
  // whether the hello became whole or not.
  if (flow.datagram.kind == DatagramKind::quic) {
    record.network_protocol.assign(protocol_name(TransportKind::quic));
  } else if (flow.datagram.kind == DatagramKind::dtls) {
    record.network_protocol.assign(protocol_name(TransportKind::dtls));
  }
}

}  // namespace sekimori
