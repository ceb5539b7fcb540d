#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "sensor/decode/packet.h"

namespace sekimori {

// Knows the frames that a mirror doubles: one that watches both sides of a switch or router, or
// both ends of a tunnel, shows the same packet twice within moments. Two packets are the same when
// identification, checksum, lengths and all of TCP's header but the options are; TTL and whatever
// lies below IP may differ. A retransmission has a new identification, and comes later.
//
// Remembers the last packets of one partition in a table that newer ones overwrite.
class DuplicateFilter {
 public:
  // A retransmission takes a round trip at least, and no sender waits for less (RFC 6298, section
  // 2.4, asks for a second); the queues between two mirrored ports are shorter.
  static constexpr std::chrono::milliseconds kWindow{1};

  // Throws std::bad_alloc; only at start.
  DuplicateFilter() : seen_(kEntries) {}

  // True when the packet passed within kWindow before; else it is remembered. `flow_hash` is of its
  // flow and direction. False for what cannot be told from another packet of the same words: a bare
  // acknowledgment or reset without identification, a datagram with neither identification nor
  // checksum.
  bool is_duplicate(const Packet& packet, std::uint64_t flow_hash) noexcept;

 private:
  static constexpr std::size_t kEntries = 1024;  // 16 KiB: 1 ms of a million packets a second
  struct Seen {
    std::uint64_t mark = 0;
    Timestamp time;
  };
  std::vector<Seen> seen_;
};

}  // namespace sekimori
