#include "sensor/worker.h"

namespace sekimori {
namespace {

// How many packets before its turn a flow's bucket and then its slot are sent for: memory answers
// in about 100 ns, which is less than a packet takes.
constexpr std::size_t kBucketAhead = 12;
constexpr std::size_t kSlotAhead = 6;

}  // namespace

void PacketBatch::add(const Packet& packet, const FlowPlace& place) {
  entries_.push_back({packet, place, bytes_.size()});
  bytes_.insert(bytes_.end(), packet.tcp.options.begin(), packet.tcp.options.end());
  bytes_.insert(bytes_.end(), packet.payload.begin(), packet.payload.end());
}

void PacketBatch::clear() noexcept {
  entries_.clear();
  bytes_.clear();
}

// Only now does bytes_ stay where it is.
void PacketBatch::settle() noexcept {
  for (Entry& entry : entries_) {
    Packet& packet = entry.packet;
    const Bytes kept = Bytes{bytes_}.subspan(entry.bytes_at);
    const std::size_t option_bytes = packet.tcp.options.size();
    const std::size_t payload_bytes = packet.payload.size();
    packet.tcp.options = kept.first(option_bytes);
    packet.payload = kept.subspan(option_bytes, payload_bytes);
  }
}

void PacketBatch::run_packets(Shard& shard) noexcept {
  settle();
  for (std::size_t at = 0; at < entries_.size(); ++at) {
    if (at + kBucketAhead < entries_.size()) shard.expect_bucket(entries_[at + kBucketAhead].place);
    if (at + kSlotAhead < entries_.size()) shard.expect_slot(entries_[at + kSlotAhead].place);
    shard.take(entries_[at].packet, entries_[at].place);
  }
  clear();
}

void PacketBatch::run(Shard& shard) noexcept {
  run_packets(shard);
  if (then == Then::tick) {
    shard.tick(now, records);
  } else {
    drained = shard.drain(records);
  }
}

Worker::Worker(std::size_t number, std::size_t count, const FlowSettings& settings,
               RecordFinisher finish)
    : shard_{number, count, settings, std::move(finish)}, thread_{[this] {
        while (auto batch = to_do_.get()) {
          batch->run(shard_);
          done_.put(std::move(batch));
        }
      }} {}

Worker::~Worker() {
  to_do_.put(nullptr);
  thread_.join();
}

}  // namespace sekimori
