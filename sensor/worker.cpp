#include "sensor/worker.h"

namespace sekimori {

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

void PacketBatch::run(Shard& shard) noexcept {
  settle();
  for (const Entry& entry : entries_) shard.take(entry.packet, entry.place);
  if (then == Then::tick) {
    shard.tick(now, records);
  } else {
    drained = shard.drain(records);
  }
  clear();
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
