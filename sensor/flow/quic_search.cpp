#include "sensor/flow/quic_search.h"

#include "sensor/flow/quic_timing.h"
#include "sensor/handshake/quic_crypto.h"

namespace sekimori {
namespace {

bool is_same_attempt(const DatagramState& state, const QuicLongPacket& packet) noexcept {
  return state.version == packet.version && equals(state.client_chose, packet.destination_id);
}

// A client whose hello was read already begins again after a Retry, with its token and another id
// (RFC 9000, section 17.2.5.3), or in another version (section 6.2). The server's keys change with
// that. Its later Initials, for the id that the server chose, change nothing.
bool begins_again(const Flow& flow, const QuicLongPacket& packet) noexcept {
  const DatagramState& state = flow.datagram;
  if (flow.of(other(flow.client)).search != HelloSearch::open) return false;
  if (state.has(kFlightSeen) && equals(state.server_chose, packet.destination_id)) return false;
  const bool other_version = packet.version != state.version;
  return !is_same_attempt(state, packet) && (other_version || !packet.token.empty());
}

void begin_attempt(Flow& flow, const QuicLongPacket& packet, Sender sender) noexcept {
  DatagramState& state = flow.datagram;
  prove_client(flow, sender);
  state.kind = DatagramKind::quic;
  state.version = packet.version;
  state.client_chose = connection_id(packet.destination_id);
}

}  // namespace

QuicSearch::QuicSearch(DatagramHellos& hellos)
    : hellos_{hellos}, scratch_{std::make_unique_for_overwrite<Scratch>()} {}

bool QuicSearch::observe(Flow& flow, const Packet& packet, Sender sender) noexcept {
  DatagramState& state = flow.datagram;
  if (state.has(kClientProven) && sender == flow.client) {
    observe_quic_answer(flow, packet.payload, packet.time);
  }
  bool opened = false;
  Bytes rest = packet.payload;
  while (!rest.empty()) {
    const auto next = parse_quic_packet(rest);
    if (!next) break;
    rest = rest.subspan(next->bytes.size());
    const bool from_server = state.has(kClientProven) && sender != flow.client;
    if (next->type == QuicPacketType::retry && from_server) {
      observe_quic_retry(flow, *next, packet.time);
    } else if (next->type == QuicPacketType::initial) {
      opened |= from_server ? observe_server(flow, *next, sender, packet.time)
                            : observe_client(flow, *next, sender);
    }
  }
  return opened;
}

std::optional<Bytes> QuicSearch::open(Flow& flow, const QuicLongPacket& packet,
                                      const QuicProtection& protection) noexcept {
  DatagramState& state = flow.datagram;
  if (state.opened >= kMostInitials) return std::nullopt;
  ++state.opened;
  const auto frames = open_initial(packet, protection, *scratch_);
  return frames ? std::optional{*frames} : std::nullopt;
}

bool QuicSearch::observe_client(Flow& flow, const QuicLongPacket& packet, Sender sender) noexcept {
  const bool known = flow.datagram.has(kClientProven);
  const bool wanted = flow.of(sender).search == HelloSearch::open;
  DatagramHead& head = hellos_.head(flow, sender);
  std::optional<Bytes> frames;
  if (wanted && head.begun) frames = open(flow, packet, head.protection);
  const bool may_begin = !known || (wanted ? !head.begun || !is_same_attempt(flow.datagram, packet)
                                           : begins_again(flow, packet));
  if (!frames && may_begin && flow.datagram.opened < kMostInitials) {
    const auto protection =
        derive_initial_protection(packet.version, packet.destination_id, QuicSide::client);
    if (protection) frames = open(flow, packet, *protection);
    if (!frames) return false;
    begin_attempt(flow, packet, sender);
    if (!wanted) return true;
    head.pieces.clear();
    head.protection = *protection;
    head.begun = true;
  }
  if (!frames) return false;
  (void)add_crypto_frames(*frames, packet.version, head.pieces);
  read_client(flow, sender, head.pieces.run());
  return true;
}

bool QuicSearch::observe_server(Flow& flow, const QuicLongPacket& packet, Sender sender,
                                Timestamp time) noexcept {
  const DatagramState& state = flow.datagram;
  if (flow.of(sender).search != HelloSearch::open) {
    observe_quic_flight(flow, packet, time, false);
    return false;
  }
  if (state.opened >= kMostInitials) return false;
  DatagramHead& head = hellos_.head(flow, sender);
  const auto protection =
      head.begun
          ? std::optional{head.protection}
          : derive_initial_protection(
                packet.version, Bytes{state.client_chose.bytes}.first(state.client_chose.size),
                QuicSide::server);
  const auto frames = protection ? open(flow, packet, *protection) : std::nullopt;
  if (!frames) return false;
  head.protection = *protection;
  head.begun = true;
  const auto added = add_crypto_frames(*frames, packet.version, head.pieces);
  observe_quic_flight(flow, packet, time, added && *added > 0);
  read_server(flow, sender, head.pieces.run());
  return true;
}

void QuicSearch::read_client(Flow& flow, Sender sender, Bytes run) noexcept {
  const auto body = first_crypto_message(run, HandshakeType::client_hello);
  if (!body) return fail(flow, sender, body.error());
  hellos_.read_client(flow, sender, *body);
}

void QuicSearch::read_server(Flow& flow, Sender sender, Bytes run) noexcept {
  // Twice: a HelloRetryRequest may stand before the ServerHello.
  for (int messages = 0; messages < 2 && flow.of(sender).search == HelloSearch::open; ++messages) {
    const auto body = first_crypto_message(run, HandshakeType::server_hello);
    if (!body) return fail(flow, sender, body.error());
    run = run.subspan(static_cast<std::size_t>(body->data() - run.data()) + body->size());
    hellos_.read_server(flow, sender, *body);
  }
}

void QuicSearch::fail(Flow& flow, Sender sender, Defect defect) noexcept {
  if (defect.fault == Fault::truncated) return;
  // Google's own handshake is no TLS.
  if (defect.fault == Fault::malformed) return hellos_.give_up(flow, sender);
  hellos_.break_off(flow, sender, NoFingerprint::too_large);
}

}  // namespace sekimori
