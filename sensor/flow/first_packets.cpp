#include "sensor/flow/first_packets.h"

#include <algorithm>

#include "sensor/flow/sequence.h"

namespace sekimori {
namespace {

constexpr SlotIndex kChunksOfOne = 4;  // on average

std::size_t kept_size(const Packet& packet) noexcept {
  return std::min(packet.payload.size(), kFirstPacketSize);
}

}  // namespace

FirstPackets::FirstPackets(SlotIndex flows, SlotIndex kept)
    : openings_{kept}, chunks_{kept * kChunksOfOne}, places_{kept == 0 ? 0 : flows} {}

bool FirstPackets::wants(SlotIndex slot, Flow& flow, const Packet& packet, Sender sender) noexcept {
  const Place& place = places_[slot];
  if (place.opening_after == 0) return true;
  const Opening& opening = openings_[place.opening_after - 1];
  if (opening.size + kPacketOverhead + kept_size(packet) > kFirstPacketsSize) {
    flow.set(kFirstPacketsOver);
    return false;
  }
  if (!flow.is(IpProtocol::tcp)) return true;
  // A resent segment is no new packet.
  const auto side = static_cast<std::size_t>(sender);
  const bool known = (opening.begun & (1U << side)) != 0;
  return !known || sequence_distance(opening.next_sequence[side], packet.tcp.sequence) >= 0;
}

bool FirstPackets::has_room_for(SlotIndex slot, const Packet& packet) const noexcept {
  const Place& place = places_[slot];
  if (place.opening_after == 0 && openings_.displaced() != kNoSlot) return false;
  const std::size_t chunks = 1 + (kPacketOverhead + kept_size(packet)) / kChunkBytes;
  return chunks_.capacity() - chunks_.used() > chunks;
}

void FirstPackets::keep(SlotIndex slot, Flow& flow, const Packet& packet, Sender sender) noexcept {
  Place& place = places_[slot];
  if (place.opening_after == 0) place.opening_after = openings_.take(slot, sender) + 1;
  Opening& opening = openings_[place.opening_after - 1];
  const Bytes payload = packet.payload.first(kept_size(packet));
  const std::array<std::uint8_t, kPacketOverhead> before{
      static_cast<std::uint8_t>(sender), static_cast<std::uint8_t>(payload.size() >> 8U),
      static_cast<std::uint8_t>(payload.size())};
  append(opening, before);
  append(opening, payload);
  if (++opening.packets == kFirstPackets) flow.set(kFirstPacketsOver);
  const auto side = static_cast<std::size_t>(sender);
  opening.begun = static_cast<std::uint8_t>(opening.begun | (1U << side));
  opening.next_sequence[side] = packet.tcp.sequence + packet.payload_length;
}

void FirstPackets::append(Opening& opening, Bytes bytes) noexcept {
  opening.size = static_cast<std::uint16_t>(opening.size + bytes.size());
  while (!bytes.empty()) {
    if (opening.last == kNoSlot || opening.used == kChunkBytes) {
      const SlotIndex fresh = chunks_.take();
      chunks_[fresh].next = kNoSlot;
      (opening.last == kNoSlot ? opening.first : chunks_[opening.last].next) = fresh;
      opening.last = fresh;
      opening.used = 0;
    }
    const std::size_t count = std::min(bytes.size(), kChunkBytes - opening.used);
    std::copy_n(bytes.begin(), count, chunks_[opening.last].bytes.begin() + opening.used);
    opening.used = static_cast<std::uint16_t>(opening.used + count);
    bytes = bytes.subspan(count);
  }
}

void FirstPackets::release(SlotIndex slot, Flow& flow) noexcept {
  flow.set(kFirstPacketsOver);
  Place& place = places_[slot];
  if (place.opening_after == 0) return;
  const Opening& opening = openings_[place.opening_after - 1];
  for (SlotIndex chunk = opening.first; chunk != kNoSlot;) {
    const SlotIndex next = chunks_[chunk].next;
    chunks_.give_back(chunk);
    chunk = next;
  }
  openings_.give_back(place.opening_after - 1);
  place.opening_after = 0;
  ++place.keeping;
}

bool FirstPackets::sample(SlotIndex slot, const Flow& flow, FlowSample& out,
                          std::vector<std::uint8_t>& bytes) noexcept {
  const Place& place = places_[slot];
  if (flow.has(kClassified)) {
    out.names = place.names;
    return true;
  }
  if (place.opening_after == 0) return false;
  Opening& opening = openings_[place.opening_after - 1];
  // A session that starts and ends before the answer comes is asked about with both records.
  if (opening.asked == opening.packets && !opening.awaited) return false;
  opening.asked = opening.packets;
  opening.awaited = true;
  out.packets = opening.packets;
  out.slot = slot;
  out.keeping = place.keeping;
  out.bytes_at = bytes.size();
  out.bytes_size = opening.size;
  for (SlotIndex chunk = opening.first; chunk != kNoSlot; chunk = chunks_[chunk].next) {
    const std::size_t used = chunk == opening.last ? opening.used : kChunkBytes;
    const auto& from = chunks_[chunk].bytes;
    bytes.insert(bytes.end(), from.begin(), from.begin() + static_cast<std::ptrdiff_t>(used));
  }
  return true;
}

void FirstPackets::answer(const FlowSample& sample, Flow& flow) noexcept {
  Place& place = places_[sample.slot];
  if (place.keeping != sample.keeping || place.opening_after == 0) return;
  Opening& opening = openings_[place.opening_after - 1];
  opening.awaited = false;
  if (!sample.names.empty()) {
    place.names = sample.names;
    flow.set(kClassified);
    return release(sample.slot, flow);
  }
  const bool nothing_more = flow.has(kFirstPacketsOver) && opening.asked == opening.packets;
  if (nothing_more) release(sample.slot, flow);
}

}  // namespace sekimori
