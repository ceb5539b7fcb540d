#pragma once

#include "sensor/decode/packet.h"
#include "sensor/flow/datagram_hellos.h"
#include "sensor/handshake/dtls_record.h"

namespace sekimori {

// Puts the hellos of a DTLS flow together, from records that are not encrypted. The first
// ClientHello counts; the one that a HelloVerifyRequest asks for differs in its cookie alone.
class DtlsSearch {
 public:
  // `hellos` must outlive the search.
  explicit DtlsSearch(DatagramHellos& hellos) : hellos_{hellos} {}

  // One datagram. False when no part of a hello was in it.
  bool observe(Flow& flow, Bytes datagram, Sender sender) noexcept;

 private:
  bool observe_record(Flow& flow, Bytes fragments, Sender sender) noexcept;
  void observe_fragment(Flow& flow, const DtlsFragment& fragment, Sender sender) noexcept;
  void add(Flow& flow, const DtlsFragment& fragment, Sender sender) noexcept;
  void read(Flow& flow, HandshakeType type, Bytes body, Sender sender) noexcept;

  DatagramHellos& hellos_;
};

}  // namespace sekimori
