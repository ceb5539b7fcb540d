#pragma once

#include <cstdint>
#include <vector>

#include "core/net/ip_address.h"
#include "core/record/session_record.h"
#include "sensor/decode/packet.h"
#include "sensor/flow/datagram_finder.h"
#include "sensor/flow/duplicate_filter.h"
#include "sensor/flow/first_packets.h"
#include "sensor/flow/flow_table.h"
#include "sensor/flow/hello_search.h"
#include "sensor/flow/payload_heads.h"
#include "sensor/flow/stream_loss.h"

namespace sekimori {

// A packet's place among flows: its key, which end sent it, and the hash that deals keys out.
struct FlowPlace {
  FlowKey key;
  Sender sender = Sender::low;
  std::uint64_t hash = 0;
};
FlowPlace place_of(const Packet& packet, std::uint64_t seed) noexcept;

struct FlowSettings {
  SlotIndex flows = 16384;  // of one partition
  // Of one partition: each 16 KiB of a TCP stream while in use, and as many of 9 KiB for UDP.
  SlotIndex stream_heads = 64;
  // Of one partition: unnamed flows whose first packets are kept for a classifier; 0: of none.
  SlotIndex first_packets = 0;
  IdleTimeouts timeouts;
  Vantage vantage = Vantage::edge;
  Path path = Path::undeclared;
  InlineText<64> observer;
  std::vector<Network>
      inside_networks;  // tells the sides apart where a flow's beginning was missed
  std::vector<Network> tunnel_endpoints;  // of Decoder; here because all who read frames have this
  bool raw_ja4 = false;                   // JA4's raw form in each record too
  bool starts = false;                    // make `start` records too
  std::uint64_t seed = 0;                 // of hash_of: it deals flows to partitions and buckets
};

struct FlowCounters {
  std::uint64_t opened = 0;
  std::uint64_t ended = 0;       // opened = ended + still open
  std::uint64_t evicted = 0;     // of the ended: forgotten for want of room
  std::uint64_t duplicates = 0;  // packets that a mirror doubled; those of no session count too
  // Unnamed flows whose first packets gave way to another flow's before a classifier saw them.
  std::uint64_t samples_forgotten = 0;
};

using Records = std::vector<SessionRecord>;

// The sessions of one partition: takes packets, yields records. Deterministic: the same packets and
// moments give the same records.
class FlowTracker {
 public:
  // Throws std::bad_alloc; only at start. `settings` must outlive the tracker, and so must
  // `samples`, which gets the first packets of unnamed flows with their records.
  FlowTracker(const FlowSettings& settings, FlowSamples& samples);

  void observe(const Packet& packet, const FlowPlace& place, Records& out) noexcept;

  // What a later observe() will ask for: first the bucket, some packets later the slot in it.
  void expect_bucket(std::uint64_t hash) const noexcept { table_.expect_bucket(hash); }
  void expect_slot(std::uint64_t hash) const noexcept { table_.expect_slot(hash); }

  // Ends flows that were silent for too long at `now`, at most `limit` of them, and makes the start
  // records that are due.
  void expire(Timestamp now, std::size_t limit, Records& out) noexcept;

  // Ends at most `limit` flows, whatever their age; true when none is left.
  bool drain(std::size_t limit, Records& out) noexcept;

  // What a classifier said of a sample of this tracker's.
  void take_answer(const FlowSample& sample) noexcept;

  FlowCounters counters() const noexcept;
  HelloCounters hello_counters() const noexcept;
  std::uint64_t open_flows() const noexcept { return table_.size(); }

 private:
  bool is_duplicate(SlotIndex slot, const Packet& packet, const FlowPlace& place) noexcept;
  SlotIndex open(const Packet& packet, const FlowPlace& place, Records& out) noexcept;
  void observe_tcp(SlotIndex slot, const Packet& packet, Sender sender) noexcept;
  void observe_datagram(SlotIndex slot, const Packet& packet, Sender sender) noexcept;
  void observe_payload(SlotIndex slot, const Packet& packet, Sender sender) noexcept;
  void keep_first(SlotIndex slot, const Packet& packet, Sender sender) noexcept;
  void end(SlotIndex slot, Records& out) noexcept;
  void start(SlotIndex slot, Records& out) noexcept;
  void record(SlotIndex slot, EventType type, Records& out) noexcept;
  void start_overdue(Timestamp now, Records& out) noexcept;

  const FlowSettings& settings_;
  FlowTable table_;
  DuplicateFilter duplicates_;
  HelloFactsPool facts_;
  HelloFinder hellos_;
  DatagramFinder datagrams_;
  StreamLoss loss_;
  PayloadHeads heads_;
  FirstPackets first_packets_;
  FlowSamples& samples_;
  FlowCounters counters_;

  // Flows in the order of their opening, until their start record is due: a ring as long as the
  // table. A flow that is overrun in it gets its start record with its next packet instead.
  struct Opening {
    SlotIndex slot = kNoSlot;
    Timestamp first_seen;
  };
  std::vector<Opening> openings_;
  std::size_t opening_first_ = 0;
  std::size_t opening_count_ = 0;
};

}  // namespace sekimori
