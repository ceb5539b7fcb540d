#include "sensor/flow/stream_loss.h"

#include <algorithm>

#include "sensor/flow/sequence.h"

namespace sekimori {
namespace {

std::optional<std::uint32_t> acknowledged_of(const HalfFlow& half) noexcept {
  if ((half.marks & kAckSeen) == 0) return std::nullopt;
  return half.acknowledged;
}

// Bytes after the last one seen.
std::uint64_t unseen_tail(const HalfFlow& half) noexcept {
  const std::int32_t beyond = sequence_distance(half.next_sequence, half.acknowledged);
  if (beyond <= 1) return 0;
  const bool fin_counted = (half.marks & kFinSeen) != 0;
  return static_cast<std::uint64_t>(beyond) - (fin_counted ? 1U : 0U);
}

}  // namespace

bool StreamGaps::open(Sender sender, std::uint32_t begin, std::uint32_t end,
                      std::optional<std::uint32_t> acknowledged) noexcept {
  if (count_ == kMaxGaps && acknowledged) settle(sender, *acknowledged);
  if (count_ == kMaxGaps) return false;
  gaps_[count_++] = {begin, end, sender};
  return true;
}

void StreamGaps::close(Sender sender, std::uint32_t begin, std::uint32_t end) noexcept {
  for (std::size_t at = count_; at-- > 0;) {
    Gap& gap = gaps_[at];
    if (gap.sender != sender || sequence_distance(gap.begin, end) <= 0 ||
        sequence_distance(begin, gap.end) <= 0) {
      continue;
    }
    const bool left = sequence_distance(gap.begin, begin) > 0;
    const bool right = sequence_distance(end, gap.end) > 0;
    const Gap behind{end, gap.end, sender};
    if (left) gap.end = begin;
    if (right && !left) gap = behind;
    if (!left && !right) remove(at);
    // Without room the hole's end counts as seen: rather too little loss than too much.
    if (left && right && count_ < kMaxGaps) gaps_[count_++] = behind;
  }
}

std::uint64_t StreamGaps::unseen(Sender sender, std::uint32_t acknowledged) const noexcept {
  std::uint64_t bytes = settled_[static_cast<std::size_t>(sender)];
  for (std::size_t at = 0; at < count_; ++at) {
    const Gap& gap = gaps_[at];
    if (gap.sender != sender) continue;
    const std::int32_t before =
        std::min(sequence_distance(gap.begin, acknowledged), sequence_distance(gap.begin, gap.end));
    bytes += static_cast<std::uint64_t>(std::max(before, 0));
  }
  return bytes;
}

bool StreamGaps::empty() const noexcept {
  return count_ == 0 && settled_[0] == 0 && settled_[1] == 0;
}

void StreamGaps::settle(Sender sender, std::uint32_t acknowledged) noexcept {
  for (std::size_t at = count_; at-- > 0;) {
    const Gap gap = gaps_[at];
    if (gap.sender != sender || sequence_distance(gap.end, acknowledged) < 0) continue;
    settled_[static_cast<std::size_t>(sender)] += gap.end - gap.begin;
    remove(at);
  }
}

void StreamLoss::observe(Flow& flow, const Packet& packet, Sender sender) noexcept {
  const HalfFlow& half = flow.of(sender);
  if ((half.marks & kBaseKnown) == 0) return;
  const std::uint32_t begin = packet.tcp.sequence;
  const std::int32_t ahead = sequence_distance(half.next_sequence, begin);
  if (ahead == 0) return;
  SlotIndex& slot = flow.tcp.gaps;
  if (ahead < 0) {
    if (slot == kNoSlot) return;
    pool_[slot].close(sender, begin, begin + packet.payload_length);
    if (pool_[slot].empty()) release(flow);
    return;
  }
  if (slot == kNoSlot) slot = pool_.take();
  const bool kept = slot != kNoSlot && ahead <= kMaxWindow &&
                    pool_[slot].open(sender, half.next_sequence, begin, acknowledged_of(half));
  if (!kept) flow.set(kLossUnknown);
}

std::optional<std::uint64_t> StreamLoss::unseen_bytes(const Flow& flow) const noexcept {
  if (flow.has(kLossUnknown)) return std::nullopt;
  std::uint64_t bytes = 0;
  for (const Sender sender : {Sender::low, Sender::high}) {
    const HalfFlow& half = flow.of(sender);
    if ((half.marks & kBaseKnown) == 0) return std::nullopt;
    if ((half.marks & kAckSeen) == 0) continue;
    bytes += unseen_tail(half);
    if (flow.tcp.gaps != kNoSlot) bytes += pool_[flow.tcp.gaps].unseen(sender, half.acknowledged);
  }
  return bytes;
}

void StreamLoss::release(Flow& flow) noexcept {
  if (flow.tcp.gaps != kNoSlot) pool_.give_back(flow.tcp.gaps);
  flow.tcp.gaps = kNoSlot;
}

}  // namespace sekimori
