#pragma once

#include <array>
#include <cstdint>

#include "sensor/decode/packet.h"
#include "sensor/flow/flow.h"
#include "sensor/flow/flow_samples.h"
#include "sensor/flow/head_pool.h"
#include "sensor/flow/lazy_array.h"

namespace sekimori {

// What is kept of one flow at most: packets with payload, bytes of each, and bytes of all.
inline constexpr std::size_t kFirstPackets = 8;
inline constexpr std::size_t kFirstPacketSize = 512;
inline constexpr std::size_t kFirstPacketsSize = 2048;
// Around each packet's payload: its sender and its size.
inline constexpr std::size_t kPacketOverhead = 3;

// The first packets of the flows of one partition that nobody has named yet, for a classifier to
// look at when a record is made; and what it said. When the room is used up, the flow that has
// waited longest gives way. Packets are given back as soon as a flow has a name or will get none.
class FirstPackets {
 public:
  // `flows`: slots of the flow table. `kept`: flows whose packets are kept at one time, four chunks
  // of 256 bytes for each on average; 0 for none ever. Throws std::bad_alloc; only at start.
  FirstPackets(SlotIndex flows, SlotIndex kept);

  // A packet of an unnamed flow. `flow_at` resolves the flow that must give way.
  template <typename FlowAt>
  void observe(SlotIndex slot, const Packet& packet, Sender sender,
               const FlowAt& flow_at) noexcept {
    Flow& flow = flow_at(slot);
    if (packet.payload.empty() || !wants(slot, flow, packet, sender)) return;
    while (!has_room_for(slot, packet)) {
      const SlotIndex oldest = openings_.flow_of(openings_.oldest());
      ++forgotten_;
      release(oldest, flow_at(oldest));
      if (oldest == slot) return;
    }
    keep(slot, flow, packet, sender);
  }

  // The flow was named otherwise, or is over (call after its last record was made).
  void release(SlotIndex slot, Flow& flow) noexcept;

  // For a record of this flow: what to ask, or what was answered before. False: neither.
  bool sample(SlotIndex slot, const Flow& flow, FlowSample& out,
              std::vector<std::uint8_t>& bytes) noexcept;

  // The answer to each sample with packets, be it without names; one about a flow that is over is
  // dropped.
  void answer(const FlowSample& sample, Flow& flow) noexcept;

  std::uint64_t forgotten() const noexcept { return forgotten_; }

 private:
  static constexpr std::size_t kChunkBytes = 252;  // with the link, 256
  struct Chunk {
    SlotIndex next;
    std::array<std::uint8_t, kChunkBytes> bytes;
  };
  struct Opening {
    SlotIndex first = kNoSlot;  // chunks
    SlotIndex last = kNoSlot;
    std::uint16_t used = 0;  // bytes in the last
    std::uint16_t size = 0;  // bytes in all
    std::uint8_t packets = 0;
    std::uint8_t asked = 0;                        // how many of them the classifier has seen
    bool awaited = false;                          // the answer about those
    std::uint8_t begun = 0;                        // a bit for each sender: next_sequence is set
    std::array<std::uint32_t, 2> next_sequence{};  // of TCP
  };
  // Beside each slot of the flow table; all zero at first.
  struct Place {
    SlotIndex opening_after;  // 0: none; else one more than its place in the pool
    std::uint32_t keeping;    // counts the flows of this slot whose packets were kept
    FlowNames names;          // with kClassified
  };

  bool wants(SlotIndex slot, Flow& flow, const Packet& packet, Sender sender) noexcept;
  bool has_room_for(SlotIndex slot, const Packet& packet) const noexcept;
  void keep(SlotIndex slot, Flow& flow, const Packet& packet, Sender sender) noexcept;
  void append(Opening& opening, Bytes bytes) noexcept;

  HeadPool<Opening> openings_;
  SlotPool<Chunk> chunks_;
  LazyArray<Place> places_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace sekimori
