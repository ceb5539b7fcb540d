#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/net/flow_key.h"
#include "core/text/timestamp.h"
#include "sensor/decode/fragment_blocks.h"
#include "sensor/decode/ip_header.h"

namespace sekimori {

// What became of fragments: taken = joined + repeated + overlapping + too_large + timed_out +
// evicted + those still waiting.
struct FragmentCounters {
  std::uint64_t taken = 0;
  std::uint64_t joined = 0;       // of packets that became whole
  std::uint64_t repeated = 0;     // brought nothing new, as a frame that a mirror doubled
  std::uint64_t overlapping = 0;  // of packets given up because their fragments contradict
  std::uint64_t too_large = 0;    // of a packet longer than any length field can say
  std::uint64_t timed_out = 0;    // of packets that were not whole within kPatience
  std::uint64_t evicted = 0;      // of packets forgotten for want of room

  std::uint64_t packets = 0;    // that became whole
  std::uint64_t contested = 0;  // of the taken: IPv4, neither all new nor a repetition

  // Those that no packet came of; neither the repeated nor those still waiting.
  std::uint64_t lost() const noexcept { return overlapping + too_large + timed_out + evicted; }
  std::uint64_t waiting() const noexcept { return taken - joined - repeated - lost(); }
  FragmentCounters& operator+=(const FragmentCounters& more) noexcept;
};

// Puts fragmented packets together (RFC 791, section 3.2; RFC 8200, section 4.5), in memory that is
// reserved at start, paid for when used and never grows: when it is full, the packet that has
// waited longest is forgotten.
//
// A byte has one reading. Of IPv4 the one that came first stays, so that no later fragment writes
// over a header (RFC 1858, RFC 3128). An IPv6 packet with fragments that overlap is given up (RFC
// 5722); exact repetitions are no overlap. So is any packet whose fragments disagree on where it
// ends. What comes later under the same identification begins anew, because receivers that keep no
// memory of what they gave up take it.
//
// VLAN tags do not tell fragments apart: mirrors often tag by direction or by path.
//
// Deterministic: the same fragments and times give the same packets.
class Fragments {
 public:
  // Packet time from the fragment of a packet that came first. RFC 8200 says 60 s and Linux waits
  // 30 s for IPv4; the shorter halves the chance that 16 bits of identification have come round to
  // a packet of which a fragment was lost (RFC 4963).
  static constexpr std::chrono::seconds kPatience{30};
  // How soon after a packet became whole a further fragment of it is a mirror's second copy; later
  // it is of another packet.
  static constexpr std::chrono::milliseconds kDoubledWithin{1};

  // Packets that wait at one time, and blocks for their bytes: 8 MiB, 128 packets of the longest.
  static constexpr std::size_t kPackets = 1024;
  static constexpr FragmentBlocks::Index kBlocks = 8192;
  // How many whole packets stay readable: as many as one frame can hold in each other.
  static constexpr std::size_t kWholes = 16;

  // `seed` is of hash_of. Throws std::bad_alloc; only at start.
  explicit Fragments(std::uint64_t seed);

  // One fragment: `ip` has an offset or more to come. Yields the packet that it makes whole:
  // protocol, TTL and flags of its first fragment, `length` the sum of all, `fragments` their
  // number. Its payload is borrowed from here until kWholes others became whole, and is shorter
  // than `payload_length` says where the capture had cut a fragment. None: it waits, or it was
  // dropped and counted.
  std::optional<IpHeader> take(const IpHeader& ip, Timestamp time) noexcept;

  // Forgets what has waited for longer than kPatience, so that its room is free and it is counted.
  // take() joins nothing older, whether or not this was called.
  void expire(Timestamp now) noexcept;

  const FragmentCounters& counters() const noexcept { return counters_; }
  std::uint64_t waiting() const noexcept { return waiting_; }  // fragments

 private:
  using Index = std::uint16_t;
  static constexpr Index kNone = 0xffff;

  struct Partial {
    FlowKey key;              // source, destination, identification and protocol
    bool is_whole = false;    // given out, and kept to know its repetitions
    Timestamp since;          // of the fragment that came first; when whole, of the last
    IpHeader first;           // the header of the fragment with offset 0, when it came
    std::uint32_t end = 0;    // bytes: the highest that any fragment reaches
    std::uint32_t total = 0;  // bytes; 0 until the last fragment came
    std::uint32_t units = 0;  // present
    std::uint32_t readable = FragmentBlocks::kMaxLength;  // bytes before the first that was cut off
    std::uint32_t length = 0;                             // bytes: sum of the fragments' packets
    std::uint32_t fragments = 0;                          // present
    FragmentBlocks::List blocks = FragmentBlocks::none();
    Index chain = kNone;  // of its bucket, or of what is free
    Index older = kNone;
    Index newer = kNone;
  };
  // From oldest to newest.
  struct Line {
    Index oldest = kNone;
    Index newest = kNone;
  };

  std::size_t bucket_of(const FlowKey& key) const noexcept {
    return hash_of(key, seed_) % kPackets;
  }
  Line& line_of(const Partial& partial) noexcept { return partial.is_whole ? whole_ : under_way_; }
  Index find(const FlowKey& key, std::size_t bucket) const noexcept;
  Index find_current(const FlowKey& key, std::size_t bucket, Timestamp time) noexcept;
  Index open(const FlowKey& key, std::size_t bucket, Timestamp time) noexcept;
  void append(Index at) noexcept;
  void unlink(Index at) noexcept;
  void close(Index at, std::uint64_t& counter) noexcept;

  void make_room() noexcept;
  void reserve(Index at, const Piece& piece) noexcept;
  std::optional<IpHeader> add(Index at, const IpHeader& ip, const Piece& piece,
                              Timestamp time) noexcept;
  IpHeader join(Index at, Timestamp time) noexcept;

  std::uint64_t seed_;
  FragmentCounters counters_;
  std::uint64_t waiting_ = 0;

  std::vector<Partial> partials_;
  Index free_ = kNone;
  std::array<Index, kPackets> buckets_{};
  Line under_way_;
  Line whole_;

  FragmentBlocks blocks_;
  std::unique_ptr<std::uint8_t[]> wholes_;
  std::size_t next_whole_ = 0;
};

}  // namespace sekimori
