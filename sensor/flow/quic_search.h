#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "sensor/decode/packet.h"
#include "sensor/flow/datagram_hellos.h"
#include "sensor/handshake/quic_packet.h"

namespace sekimori {

// Opens the Initials of a flow and puts their hellos together. The client is who sent an Initial
// that opens with the keys of its own destination id (RFC 9001, section 5.2); no other datagram
// makes a flow QUIC.
class QuicSearch {
 public:
  // Throws std::bad_alloc; only at start. `hellos` must outlive the search.
  explicit QuicSearch(DatagramHellos& hellos);

  // One datagram. False when nothing in it could be opened.
  bool observe(Flow& flow, const Packet& packet, Sender sender) noexcept;

 private:
  // What was in the Initial; nothing when these keys do not open it, or the flow has cost enough.
  std::optional<Bytes> open(Flow& flow, const QuicLongPacket& packet,
                            const QuicProtection& protection) noexcept;
  bool observe_client(Flow& flow, const QuicLongPacket& packet, Sender sender) noexcept;
  bool observe_server(Flow& flow, const QuicLongPacket& packet, Sender sender,
                      Timestamp time) noexcept;
  void read_client(Flow& flow, Sender sender, Bytes run) noexcept;
  void read_server(Flow& flow, Sender sender, Bytes run) noexcept;
  void fail(Flow& flow, Sender sender, Defect defect) noexcept;

  // The longest UDP payload.
  using Scratch = std::array<std::uint8_t, 65535>;

  DatagramHellos& hellos_;
  std::unique_ptr<Scratch> scratch_;
};

// How many Initials of one flow are tried. A hello of 8 KiB lies in seven; what is more is
// repetition, or somebody who likes to see others work.
inline constexpr std::uint8_t kMostInitials = 64;

}  // namespace sekimori
