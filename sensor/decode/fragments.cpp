#include "sensor/decode/fragments.h"

#include <algorithm>

namespace sekimori {
namespace {

constexpr std::size_t kWholeSize = FragmentBlocks::kMaxLength + 1;  // bytes

// In unsigned numbers, because a hostile capture's times lie further apart than nanoseconds count.
// Either way round: a damaged time stamp must not keep its fragment for ever.
bool lies_beyond(std::chrono::nanoseconds distance, Timestamp one, Timestamp other) noexcept {
  const auto [early, late] =
      std::minmax({one.time_since_epoch().count(), other.time_since_epoch().count()});
  const std::uint64_t between =
      static_cast<std::uint64_t>(late) - static_cast<std::uint64_t>(early);
  return between > static_cast<std::uint64_t>(distance.count());
}

FlowKey key_of(const IpHeader& ip) noexcept {
  FlowKey key;
  key.low = ip.source;
  key.high = ip.destination;
  key.low_port = static_cast<std::uint16_t>(ip.identification >> 16U);
  key.high_port = static_cast<std::uint16_t>(ip.identification);
  // RFC 8200, section 4.5: an IPv6 packet's fragments may name different next headers.
  if (ip.source.is_v4()) key.protocol = static_cast<std::uint8_t>(ip.protocol);
  return key;
}

}  // namespace

FragmentCounters& FragmentCounters::operator+=(const FragmentCounters& more) noexcept {
  taken += more.taken;
  joined += more.joined;
  repeated += more.repeated;
  overlapping += more.overlapping;
  too_large += more.too_large;
  timed_out += more.timed_out;
  evicted += more.evicted;
  packets += more.packets;
  contested += more.contested;
  return *this;
}

Fragments::Fragments(std::uint64_t seed)
    : seed_{seed},
      partials_(kPackets),
      blocks_{kBlocks},
      wholes_{std::make_unique_for_overwrite<std::uint8_t[]>(kWholes * kWholeSize)} {
  buckets_.fill(kNone);
  for (std::size_t at = kPackets; at-- > 0;) {
    partials_[at].chain = free_;
    free_ = static_cast<Index>(at);
  }
}

std::optional<IpHeader> Fragments::take(const IpHeader& ip, Timestamp time) noexcept {
  ++counters_.taken;
  const Piece piece{ip.fragment_offset, ip.payload_length, ip.payload};
  if (piece.length > FragmentBlocks::kMaxLength - piece.offset) {
    ++counters_.too_large;
    return std::nullopt;
  }
  const FlowKey key = key_of(ip);
  const std::size_t bucket = bucket_of(key);
  const Index at = find_current(key, bucket, time);
  if (at == kNone) return add(open(key, bucket, time), ip, piece, time);
  if (!partials_[at].is_whole) return add(at, ip, piece, time);
  ++counters_.repeated;
  return std::nullopt;
}

void Fragments::expire(Timestamp now) noexcept {
  while (whole_.oldest != kNone &&
         lies_beyond(kDoubledWithin, partials_[whole_.oldest].since, now)) {
    close(whole_.oldest, counters_.joined);
  }
  while (under_way_.oldest != kNone &&
         lies_beyond(kPatience, partials_[under_way_.oldest].since, now)) {
    close(under_way_.oldest, counters_.timed_out);
  }
}

Fragments::Index Fragments::find(const FlowKey& key, std::size_t bucket) const noexcept {
  Index at = buckets_[bucket];
  while (at != kNone && partials_[at].key != key) at = partials_[at].chain;
  return at;
}

// As find(), but what is over at `time` is closed.
Fragments::Index Fragments::find_current(const FlowKey& key, std::size_t bucket,
                                         Timestamp time) noexcept {
  const Index at = find(key, bucket);
  if (at == kNone) return kNone;
  const Partial& partial = partials_[at];
  if (partial.is_whole && lies_beyond(kDoubledWithin, partial.since, time)) {
    close(at, counters_.joined);
    return kNone;
  }
  if (!partial.is_whole && lies_beyond(kPatience, partial.since, time)) {
    close(at, counters_.timed_out);
    return kNone;
  }
  return at;
}

// Forgets a packet: one that is whole while there is any, else the one that has waited longest.
void Fragments::make_room() noexcept {
  if (whole_.oldest != kNone) return close(whole_.oldest, counters_.joined);
  close(under_way_.oldest, counters_.evicted);
}

Fragments::Index Fragments::open(const FlowKey& key, std::size_t bucket, Timestamp time) noexcept {
  if (free_ == kNone) make_room();
  const Index at = free_;
  free_ = partials_[at].chain;
  Partial& partial = partials_[at];
  partial = Partial{};
  partial.key = key;
  partial.since = time;
  partial.chain = buckets_[bucket];
  buckets_[bucket] = at;
  append(at);
  return at;
}

void Fragments::append(Index at) noexcept {
  Partial& partial = partials_[at];
  Line& line = line_of(partial);
  partial.older = line.newest;
  partial.newer = kNone;
  (line.newest == kNone ? line.oldest : partials_[line.newest].newer) = at;
  line.newest = at;
}

void Fragments::unlink(Index at) noexcept {
  const Partial& partial = partials_[at];
  Line& line = line_of(partial);
  (partial.older == kNone ? line.oldest : partials_[partial.older].newer) = partial.newer;
  (partial.newer == kNone ? line.newest : partials_[partial.newer].older) = partial.older;
}

// `counter` gets the fragments that still waited.
void Fragments::close(Index at, std::uint64_t& counter) noexcept {
  Partial& partial = partials_[at];
  counter += partial.fragments;
  waiting_ -= partial.fragments;
  blocks_.give_back(partial.blocks);
  unlink(at);
  Index* link = &buckets_[bucket_of(partial.key)];
  while (*link != at) link = &partials_[*link].chain;
  *link = partial.chain;
  partial.chain = free_;
  free_ = at;
}

// One packet alone never takes all blocks.
void Fragments::reserve(Index at, const Piece& piece) noexcept {
  while (!blocks_.reserve(partials_[at].blocks, piece)) {
    const Index oldest = under_way_.oldest;
    close(oldest == at ? partials_[at].newer : oldest, counters_.evicted);
  }
}

std::optional<IpHeader> Fragments::add(Index at, const IpHeader& ip, const Piece& piece,
                                       Timestamp time) noexcept {
  Partial& partial = partials_[at];
  ++partial.fragments;
  ++waiting_;
  const std::uint32_t end = piece.offset + piece.length;
  const bool tells_end = !ip.more_fragments && partial.total == 0;
  const bool disagrees = ip.more_fragments ? partial.total != 0 && end > partial.total
                         : tells_end       ? partial.end > end
                                           : partial.total != end;
  const std::uint32_t present = blocks_.present(partial.blocks, piece);
  const bool is_fresh = present == 0;
  bool repeats = false;
  if (present == FragmentBlocks::units(piece.length) && !tells_end) {
    Piece known = piece;
    known.bytes = known.bytes.first(std::min<std::size_t>(
        known.bytes.size(), partial.readable - std::min(partial.readable, piece.offset)));
    repeats = blocks_.agrees(partial.blocks, known);
  }
  if (disagrees || (ip.source.is_v6() && !is_fresh && !repeats)) {
    close(at, counters_.overlapping);
    return std::nullopt;
  }
  if (!is_fresh && !repeats) ++counters_.contested;

  reserve(at, piece);
  const std::uint32_t fresh = blocks_.put(partial.blocks, piece);
  if (fresh == 0 && !tells_end) {
    --partial.fragments;
    --waiting_;
    ++counters_.repeated;
    return std::nullopt;
  }
  partial.units += fresh;
  partial.end = std::max(partial.end, end);
  partial.length += ip.length;
  if (!ip.more_fragments) partial.total = end;
  if (piece.bytes.size() < piece.length) {
    const auto cut = piece.offset + static_cast<std::uint32_t>(piece.bytes.size());
    partial.readable = std::min(partial.readable, cut);
  }
  if (piece.offset == 0 && !partial.first.source) partial.first = ip;
  const bool whole = partial.total != 0 && partial.units == FragmentBlocks::units(partial.total);
  if (!whole) return std::nullopt;
  return join(at, time);
}

IpHeader Fragments::join(Index at, Timestamp time) noexcept {
  Partial& partial = partials_[at];
  IpHeader packet = partial.first;
  packet.is_fragment = false;
  packet.more_fragments = false;
  packet.length = partial.length;
  packet.fragments = partial.fragments;
  packet.payload_length = partial.total;
  const std::span<std::uint8_t> into{wholes_.get() + next_whole_ * kWholeSize,
                                     std::min(partial.readable, partial.total)};
  next_whole_ = (next_whole_ + 1) % kWholes;
  blocks_.copy(partial.blocks, into);
  packet.payload = into;

  counters_.joined += partial.fragments;
  ++counters_.packets;
  waiting_ -= partial.fragments;
  partial.fragments = 0;
  blocks_.give_back(partial.blocks);
  unlink(at);
  partial.is_whole = true;
  partial.since = time;
  append(at);
  return packet;
}

}  // namespace sekimori
