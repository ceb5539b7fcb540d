#include "sensor/flow/dtls_search.h"

namespace sekimori {

bool DtlsSearch::observe(Flow& flow, Bytes datagram, Sender sender) noexcept {
  bool met = false;
  while (!datagram.empty()) {
    const auto record = parse_dtls_record(datagram);
    if (!record) break;
    datagram = datagram.subspan(record->bytes.size());
    const bool is_plain = record->epoch == 0 && record->type == ContentType::handshake;
    if (is_plain) met |= observe_record(flow, record->fragment, sender);
  }
  return met;
}

bool DtlsSearch::observe_record(Flow& flow, Bytes fragments, Sender sender) noexcept {
  bool met = false;
  while (!fragments.empty() && flow.of(sender).search == HelloSearch::open) {
    const auto fragment = parse_dtls_fragment(fragments);
    if (!fragment) break;
    fragments = fragments.subspan(fragment->bytes.size());
    const bool of_client = fragment->type == HandshakeType::client_hello;
    if (!of_client && fragment->type != HandshakeType::server_hello) continue;
    const Sender client = of_client ? sender : other(sender);
    if (flow.datagram.has(kClientProven) && flow.client != client) continue;
    met = true;
    observe_fragment(flow, *fragment, sender);
  }
  return met;
}

void DtlsSearch::observe_fragment(Flow& flow, const DtlsFragment& fragment,
                                  Sender sender) noexcept {
  flow.datagram.kind = DatagramKind::dtls;
  if (fragment.message_size > kMessageLimit) {
    if (fragment.type == HandshakeType::client_hello) prove_client(flow, sender);
    return hellos_.break_off(flow, sender, NoFingerprint::too_large);
  }
  if (fragment.body.size() == fragment.message_size) {
    return read(flow, fragment.type, fragment.body, sender);
  }
  add(flow, fragment, sender);
}

void DtlsSearch::add(Flow& flow, const DtlsFragment& fragment, Sender sender) noexcept {
  DatagramHead& head = hellos_.head(flow, sender);
  const bool is_same = head.begun && head.message_type == fragment.type &&
                       head.message_sequence == fragment.message_sequence &&
                       head.message_size == fragment.message_size;
  if (!is_same) {
    // A message that was never whole gives way to a later one, and to no other.
    if (head.begun && fragment.message_sequence <= head.message_sequence) return;
    head.pieces.clear();
    head.begun = true;
    head.message_type = fragment.type;
    head.message_sequence = fragment.message_sequence;
    head.message_size = fragment.message_size;
  }
  head.pieces.add(fragment.offset, fragment.body);
  const Bytes run = head.pieces.run();
  if (run.size() < head.message_size) return;
  head.begun = false;
  read(flow, head.message_type, run.first(head.message_size), sender);
  head.pieces.clear();
}

void DtlsSearch::read(Flow& flow, HandshakeType type, Bytes body, Sender sender) noexcept {
  if (type == HandshakeType::client_hello) return hellos_.read_client(flow, sender, body);
  hellos_.read_server(flow, sender, body);
}

}  // namespace sekimori
