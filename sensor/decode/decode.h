#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "sensor/capture/packet_view.h"
#include "sensor/decode/fragments.h"
#include "sensor/decode/packet.h"

namespace sekimori {

// From frames to the innermost IP packets in them and, for TCP and UDP, to the payload. One for
// each thread that reads frames; it remembers nothing but fragments.
class Decoder {
 public:
  // `seed` is of hash_of. `endpoints`: whose tunnels inside IP are walked, by source or
  // destination; all when empty. A stranger can send such a packet to an edge, and whoever is
  // inside it then seems to have been there. Throws std::bad_alloc; only at start.
  explicit Decoder(std::uint64_t seed, std::vector<Network> endpoints = {})
      : fragments_{seed}, endpoints_{std::move(endpoints)} {}

  // A frame's packet, which borrows from the frame, or from here until the next call when it was
  // fragmented. None: the frame was a fragment, and its packet is not whole yet; what became of it
  // is in fragments(). The frame that makes a packet whole yields it, with its own time.
  //
  // Headers must be whole, but for TCP's options: one that snaplen cut is `truncated`. A payload
  // may be cut; then `payload` is shorter than `payload_length` says. What was captured whole and
  // still contradicts its own lengths is `malformed`.
  //
  // Tunnels are walked: PPPoE, MPLS, GRE, IP in IP, and by their ports VXLAN, Geneve, GTP-U, Teredo
  // and CAPWAP. A port is only a guess: when not everything behind it can be read, the datagram
  // itself is the packet. So is a packet whose GRE carries something else.
  Result<std::optional<Packet>> decode(const PacketView& frame) noexcept;

  // Forgets fragments that have waited for too long.
  void expire(Timestamp now) noexcept { fragments_.expire(now); }

  const Fragments& fragments() const noexcept { return fragments_; }

 private:
  Fragments fragments_;
  std::vector<Network> endpoints_;
};

}  // namespace sekimori
