#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "sensor/decode/packet.h"
#include "sensor/flow/slot_pool.h"

namespace sekimori {

// The holes in both directions of one TCP connection: bytes that later ones have overtaken. Small,
// because a tap loses single segments; what the network lost is sent again and closes its hole.
class StreamGaps {
 public:
  // Bytes [begin, end) of `sender` are missing, and all after them too so far. False when no more
  // holes can be remembered.
  bool open(Sender sender, std::uint32_t begin, std::uint32_t end,
            std::optional<std::uint32_t> acknowledged) noexcept;
  // Bytes [begin, end) came after all.
  void close(Sender sender, std::uint32_t begin, std::uint32_t end) noexcept;
  // Bytes in holes that lie before `acknowledged`.
  std::uint64_t unseen(Sender sender, std::uint32_t acknowledged) const noexcept;
  bool empty() const noexcept;

 private:
  struct Gap {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;  // one past the last
    Sender sender = Sender::low;
  };
  static constexpr std::size_t kMaxGaps = 16;

  void settle(Sender sender, std::uint32_t acknowledged) noexcept;
  void remove(std::size_t at) noexcept { gaps_[at] = gaps_[--count_]; }

  std::array<Gap, kMaxGaps> gaps_{};
  std::array<std::uint64_t, 2> settled_{};  // bytes of each sender whose holes were given up
  std::size_t count_ = 0;
};

// Counts the bytes of TCP connections that a receiver acknowledged and the tap never saw. Memory is
// taken while a connection has holes, from a pool of one partition; when that is empty, the
// connection's loss is unknown.
class StreamLoss {
 public:
  // `connections`: with holes at one time. Throws std::bad_alloc; only at start.
  explicit StreamLoss(SlotIndex connections) : pool_{connections} {}

  // A segment with payload, before it moves the flow's next_sequence.
  void observe(Flow& flow, const Packet& packet, Sender sender) noexcept;

  // Of both directions. None where a direction was not seen, or more holes than can be remembered.
  // One acknowledged byte at the end may be a FIN that was not seen; it is not counted.
  std::optional<std::uint64_t> unseen_bytes(const Flow& flow) const noexcept;

  // The connection is over. Call after its last record was made.
  void release(Flow& flow) noexcept;

 private:
  SlotPool<StreamGaps> pool_;
};

}  // namespace sekimori
