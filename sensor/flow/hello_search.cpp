#include "sensor/flow/hello_search.h"

#include <algorithm>

#include "sensor/flow/tcp_timing.h"
#include "sensor/handshake/certificate.h"
#include "sensor/handshake/client_hello.h"
#include "sensor/handshake/openvpn_control.h"
#include "sensor/handshake/proxy_protocol.h"
#include "sensor/handshake/server_hello.h"
#include "sensor/handshake/tls_record.h"

namespace sekimori {
namespace {

constexpr std::size_t kRecordHeaderSize = 5;  // bytes: RFC 8446, section 5.1

// How far into a server's handshake messages its first certificate's names are looked for; those of
// browsers' trust lie within the first kilobyte.
constexpr std::size_t kNamesWithin = 4096;  // bytes

constexpr std::size_t kAlertRecordSize = 7;  // bytes, header and all: RFC 8446, section 6

// Servers warn (unrecognized_name) before they greet: RFC 6066, section 3.
Bytes without_alerts(Bytes run) noexcept {
  while (!run.empty() && run[0] == static_cast<std::uint8_t>(ContentType::alert)) {
    run = run.subspan(std::min(run.size(), kAlertRecordSize));
  }
  return run;
}

// The handshake type at the start of the stream, or none before it can be told.
std::optional<HandshakeType> first_type(Bytes run) noexcept {
  if (run.size() <= kRecordHeaderSize) return std::nullopt;
  return static_cast<HandshakeType>(run[kRecordHeaderSize]);
}

// Whether a side may be the client, and whether it may be the server: both before it is known.
bool may_be_client(const Flow& flow, Sender sender) noexcept {
  return !flow.has(kClientKnown) || sender == flow.client;
}
bool may_be_server(const Flow& flow, Sender sender) noexcept {
  return !flow.has(kClientKnown) || sender != flow.client;
}

}  // namespace

HelloFinder::HelloFinder(HelloFactsPool& facts, SlotIndex heads)
    : facts_{facts},
      heads_{heads},
      scratch_{std::make_unique_for_overwrite<Scratch>()},
      carried_{std::make_unique_for_overwrite<Scratch>()} {}

void HelloFinder::release(Flow& flow) noexcept {
  for (const Sender sender : {Sender::low, Sender::high}) {
    SlotIndex& head = flow.of(sender).hello_bytes;
    if (head != kNoSlot) heads_.give_back(head);
    head = kNoSlot;
  }
}

void HelloFinder::begin_late(Flow& flow, const Packet& packet, Sender sender) noexcept {
  const bool of_client = may_be_client(flow, sender);
  const HandshakeType wanted =
      of_client ? HandshakeType::client_hello : HandshakeType::server_hello;
  if (!starts_with_hello(packet.payload, wanted)) return;
  HalfFlow& half = flow.of(sender);
  half.search = HelloSearch::open;
  half.first_sequence = packet.tcp.sequence;
  // What lies between the handshake and this hello is a conversation, not a delay.
  if (of_client) flow.set(kHelloResent);
}

HelloFinder::Placed HelloFinder::place(const Flow& flow, const Packet& packet,
                                       Sender sender) noexcept {
  const std::uint32_t first = flow.of(sender).first_sequence;
  const auto offset = static_cast<std::int32_t>(packet.tcp.sequence - first);
  if (offset >= 0) return {static_cast<std::uint32_t>(offset), packet.payload};
  // Bytes before the stream's first: a retransmission from before the capture began.
  const auto before = static_cast<std::size_t>(-static_cast<std::int64_t>(offset));
  if (before >= packet.payload.size()) return {};
  return {0, packet.payload.subspan(before)};
}

bool HelloFinder::read_in_place(Flow& flow, Sender sender, const Placed& segment) noexcept {
  if (flow.of(sender).hello_bytes != kNoSlot || segment.offset != 0) return false;
  return read(flow, sender, segment.bytes) == Reading::settled;
}

void HelloFinder::keep(SlotIndex slot, Flow& flow, Sender sender, const Placed& segment) noexcept {
  HalfFlow& half = flow.of(sender);
  if (half.hello_bytes == kNoSlot) half.hello_bytes = heads_.take(slot, sender);
  StreamHead& head = heads_[half.hello_bytes];
  switch (head.add(segment.offset, segment.bytes)) {
    case StreamHead::Added::forgotten:
      ++counters_.segments_refused;
      break;
    case StreamHead::Added::more:
      (void)read(flow, sender, head.run());
      break;
    case StreamHead::Added::waiting:
    case StreamHead::Added::repeated:
      break;
  }
}

HelloFinder::Reading HelloFinder::read(Flow& flow, Sender sender, Bytes run) noexcept {
  const Result<Bytes> tls = uncarried(flow, sender, run);
  const bool is_full = run.size() >= kStreamHeadSize;
  const bool begun = tls && !tls->empty();
  HalfFlow& half = flow.of(sender);
  half.marks =
      static_cast<std::uint8_t>(begun ? half.marks & ~kCarrierAlone : half.marks | kCarrierAlone);
  if (begun) return read_tls(flow, sender, {*tls, is_full});
  if (!is_full) return Reading::more;
  settle(flow, sender, HelloSearch::absent);
  return Reading::settled;
}

Result<Bytes> HelloFinder::uncarried(Flow& flow, Sender sender, Bytes run) noexcept {
  Bytes inner = run;
  if (may_be_client(flow, sender)) {
    const auto header = parse_proxy_header(run);
    if (!header && header.error().fault == Fault::truncated) return tl::unexpected{header.error()};
    if (header) {
      inner = run.subspan(header->size);
      HelloFacts& facts = note_carrier(flow, sender, Carrier::proxy_header);
      facts.named_ip = header->client;
      facts.named_port = header->client_port;
      if (inner.empty()) return inner;
    }
  }
  const auto control = parse_openvpn_control(inner, *carried_);
  if (!control && control.error().fault == Fault::truncated) {
    return tl::unexpected{control.error()};
  }
  const bool may_speak =
      control && (control->from_client ? may_be_client(flow, sender) : may_be_server(flow, sender));
  if (!may_speak) return inner;
  (void)note_carrier(flow, control->from_client ? sender : other(sender), Carrier::openvpn);
  return control->tls;
}

HelloFacts& HelloFinder::note_carrier(Flow& flow, Sender client, Carrier carrier) noexcept {
  flow.client = client;
  flow.set(kClientKnown);
  // The stream's first byte is not the hello's.
  flow.set(kHelloResent);
  // What OpenVPN's client sends next acknowledges a packet, which is no answer of its TLS.
  if (carrier == Carrier::openvpn) flow.set(kGapDoubtful);
  HelloFacts& facts = facts_.of(flow);
  facts.carrier = carrier;
  return facts;
}

HelloFinder::Reading HelloFinder::read_tls(Flow& flow, Sender sender,
                                           const Opening& opening) noexcept {
  const Bytes greeting = without_alerts(opening.tls);
  const auto handshake = static_cast<std::uint8_t>(ContentType::handshake);
  if (!greeting.empty() && greeting[0] != handshake) {
    settle(flow, sender, HelloSearch::absent);
    return Reading::settled;
  }
  const auto type = first_type(greeting);
  if (!type) return Reading::more;
  if (*type == HandshakeType::client_hello && may_be_client(flow, sender)) {
    return read_client(flow, sender, opening);
  }
  if (*type == HandshakeType::server_hello && may_be_server(flow, sender)) {
    return read_server(flow, sender, opening);
  }
  settle(flow, sender, HelloSearch::absent);
  return Reading::settled;
}

HelloFinder::Reading HelloFinder::read_client(Flow& flow, Sender sender,
                                              const Opening& opening) noexcept {
  const auto body = first_handshake(opening.tls, HandshakeType::client_hello, *scratch_);
  if (!body) return fail(flow, sender, body.error(), opening);
  const auto hello = parse_client_hello(*body, TransportKind::tls);
  flow.client = sender;
  flow.set(kClientKnown);
  if (!hello) {
    break_off(flow, sender, NoFingerprint::malformed);
    return Reading::settled;
  }
  facts_.describe_client(flow, *hello, TransportKind::tls);
  if (hello->has_early_data) give_up_gap(flow);
  settle(flow, sender, HelloSearch::found);
  return Reading::settled;
}

HelloFinder::Reading HelloFinder::read_server(Flow& flow, Sender sender,
                                              const Opening& opening) noexcept {
  auto body = first_handshake(opening.tls, HandshakeType::server_hello, *scratch_);
  if (body && is_hello_retry_request(*body)) {
    flow.set(kRetrySeen);
    HelloFacts& facts = facts_.of(flow);
    facts.transport = TransportKind::tls;
    facts.tls.hello_retry = true;
    body = server_hello_after_retry(opening.tls, *scratch_);
  }
  if (!body) return fail(flow, sender, body.error(), opening);
  if (!flow.has(kClientKnown)) {
    flow.client = other(sender);
    flow.set(kClientKnown);
  }
  const auto hello = parse_server_hello(*body);
  if (hello) {
    HelloFacts& facts = facts_.of(flow);
    describe_server(*hello, TransportKind::tls, facts);
    if (read_certificate(*hello, opening, facts) == Reading::more) return Reading::more;
  }
  settle(flow, sender, hello ? HelloSearch::found : HelloSearch::broken);
  return Reading::settled;
}

// Up to TLS 1.2 the server's certificate follows in the clear; RFC 8446 encrypts it.
HelloFinder::Reading HelloFinder::read_certificate(const ServerHello& hello, const Opening& opening,
                                                   HelloFacts& facts) noexcept {
  const bool in_the_clear =
      hello.negotiated_version <= static_cast<std::uint16_t>(ProtocolVersion::tls_1_2);
  if (!in_the_clear || facts.carrier == Carrier::openvpn) return Reading::settled;
  const HandshakeFlight flight = read_flight(opening.tls, std::span{*scratch_}.first(kNamesWithin));
  const auto names = parse_certificate_names(flight);
  if (names) {
    facts.tls.server_subject = names->subject;
    facts.tls.server_issuer = names->issuer;
  }
  const bool may_come = !names && names.error().fault == Fault::truncated && !flight.is_over;
  return may_come && !opening.is_full ? Reading::more : Reading::settled;
}

HelloFinder::Reading HelloFinder::fail(Flow& flow, Sender sender, Defect defect,
                                       const Opening& opening) noexcept {
  if (defect.fault == Fault::truncated && !opening.is_full) return Reading::more;
  if (defect.fault == Fault::malformed) {
    settle(flow, sender, HelloSearch::absent);
    return Reading::settled;
  }
  break_off(flow, sender, NoFingerprint::too_large);
  return Reading::settled;
}

bool HelloFinder::is_described(const Flow& flow, Sender sender) const noexcept {
  const HelloFacts* facts = facts_.find(flow);
  return facts != nullptr && !may_be_client(flow, sender) && !facts->tls.ja3s.empty();
}

void HelloFinder::settle(Flow& flow, Sender sender, HelloSearch outcome) noexcept {
  HalfFlow& half = flow.of(sender);
  half.search = outcome;
  if (half.hello_bytes != kNoSlot) heads_.give_back(half.hello_bytes);
  half.hello_bytes = kNoSlot;
  counters_.found += outcome == HelloSearch::found ? 1U : 0U;
  counters_.broken += outcome == HelloSearch::broken ? 1U : 0U;
}

void HelloFinder::break_off(Flow& flow, Sender sender, NoFingerprint why) noexcept {
  if (is_described(flow, sender)) return settle(flow, sender, HelloSearch::found);
  if (may_be_client(flow, sender)) {
    HelloFacts& facts = facts_.of(flow);
    facts.transport = TransportKind::tls;
    facts.tls.no_fingerprint = why;
  }
  settle(flow, sender, HelloSearch::broken);
}

void HelloFinder::forget_head(Flow& flow, Sender sender) noexcept {
  ++counters_.heads_forgotten;
  break_off(flow, sender, NoFingerprint::pool_full);
}

}  // namespace sekimori
