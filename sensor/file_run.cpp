#include "sensor/file_run.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <tuple>
#include <vector>

#include "sensor/decode/decode.h"
#include "sensor/packet_clock.h"
#include "sensor/worker.h"

namespace sekimori {
namespace {

// A tick follows this many frames or this much packet time, whichever comes first. Both are read
// off the capture alone, so every run ticks at the same frames.
constexpr std::size_t kTickFrames = 4096;
constexpr std::chrono::seconds kTickTime{1};
// Ticks under way at one time: what a slow worker may lag behind, and what is held in memory.
constexpr std::size_t kTicksUnderWay = 8;
// Packets that one thread alone gathers so that flows can be sent for ahead of their turn; few
// enough to stay in the cache.
constexpr std::size_t kInlinePackets = 64;
// Frames between two looks at the clock on the wall (progress, signals).
constexpr std::size_t kFramesBetween = 1024;

bool comes_before(const SessionRecord* left, const SessionRecord* right) noexcept {
  return std::tie(left->end, left->start, left->id, left->type) <
         std::tie(right->end, right->start, right->id, right->type);
}

}  // namespace

struct FileRun::State {
  RunSettings settings;
  RecordSink sink;
  FrameCounters frames;
  std::optional<Decoder> decoder;
  PacketClock clock;
  std::optional<Timestamp> last_tick;
  std::size_t frames_since_tick = 0;
  bool stopped = false;

  // One worker: everything happens on the caller's thread. More: a thread for each, and the ticks
  // under way, whose batches come back in order.
  std::unique_ptr<Shard> inline_shard;
  PacketBatch inline_batch;
  Records inline_records;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::unique_ptr<PacketBatch>> filling;  // one for each worker
  std::vector<std::unique_ptr<PacketBatch>> spare;
  std::deque<Timestamp> under_way;
  std::vector<const SessionRecord*> in_order;

  void take(const PacketView& frame) noexcept {
    ++frames.frames;
    ++frames_since_tick;
    frames.wire_bytes += frame.wire_length;
    clock.observe(frame.time);
    const Result<std::optional<Packet>> decoded = decoder->decode(frame);
    if (!decoded) return frames.count(decoded.error());
    if (!*decoded) {
      ++frames.fragments;
      return;
    }
    const Packet& packet = **decoded;
    ++frames.tracked;
    frames.packets += packet.fragments;
    const FlowPlace place = place_of(packet, settings.flow.seed);
    if (inline_shard) {
      inline_batch.add(packet, place);
      if (inline_batch.size() == kInlinePackets) inline_batch.run_packets(*inline_shard);
      return;
    }
    filling[partition_of(place.hash) % workers.size()]->add(packet, place);
  }

  bool is_tick_due() const noexcept {
    if (!clock.now()) return false;
    return frames_since_tick >= kTickFrames || !last_tick || *clock.now() - *last_tick >= kTickTime;
  }

  void tick() {
    const Timestamp now = clock.last();
    last_tick = now;
    frames_since_tick = 0;
    decoder->expire(now);
    if (inline_shard) {
      inline_batch.run_packets(*inline_shard);
      inline_shard->tick(now, inline_records);
      collect(inline_records);
      return give(now);
    }
    send(PacketBatch::Then::tick);
    while (under_way.size() > kTicksUnderWay) (void)receive();
  }

  void send(PacketBatch::Then then) {
    for (std::size_t at = 0; at < workers.size(); ++at) {
      filling[at]->then = then;
      filling[at]->now = clock.last();
      workers[at]->send(std::move(filling[at]));
      filling[at] = fresh_batch();
    }
    under_way.push_back(clock.last());
  }

  // The oldest tick under way: waits for all workers and gives its records. True when drained.
  bool receive() {
    std::vector<std::unique_ptr<PacketBatch>> done;
    bool drained = true;
    for (const auto& worker : workers) {
      done.push_back(worker->receive());
      collect(done.back()->records);
      drained = drained && done.back()->drained;
    }
    const Timestamp then = under_way.front();
    under_way.pop_front();
    give(then);
    for (auto& batch : done) spare.push_back(std::move(batch));
    return drained;
  }

  std::unique_ptr<PacketBatch> fresh_batch() {
    if (spare.empty()) return std::make_unique<PacketBatch>();
    auto batch = std::move(spare.back());
    spare.pop_back();
    return batch;
  }

  void collect(const Records& records) {
    for (const SessionRecord& record : records) in_order.push_back(&record);
  }

  void give(Timestamp then) {
    std::sort(in_order.begin(), in_order.end(), comes_before);
    if (!stopped) stopped = !sink(in_order, then);
    in_order.clear();
  }

  bool drain_round() {
    if (inline_shard) {
      const bool drained = inline_shard->drain(inline_records);
      collect(inline_records);
      give(clock.last());
      return drained;
    }
    send(PacketBatch::Then::drain);
    return receive();
  }
};

FileRun::FileRun(RunSettings settings, const FinisherFactory& finishers, RecordSink sink)
    : state_{std::make_unique<State>()} {
  State& state = *state_;
  state.settings = std::move(settings);
  state.sink = std::move(sink);
  state.decoder.emplace(state.settings.flow.seed, state.settings.flow.tunnel_endpoints);
  const std::size_t workers = std::clamp<std::size_t>(state.settings.workers, 1, kPartitions);
  if (workers == 1) {
    state.inline_shard = std::make_unique<Shard>(0, 1, state.settings.flow, finishers());
    return;
  }
  for (std::size_t at = 0; at < workers; ++at) {
    state.workers.push_back(
        std::make_unique<Worker>(at, workers, state.settings.flow, finishers()));
    state.filling.push_back(std::make_unique<PacketBatch>());
  }
}

FileRun::~FileRun() = default;

bool FileRun::read(PacketSource& source, const std::function<bool()>& between) {
  State& state = *state_;
  PacketView frame;
  for (std::size_t count = 1; source.next(frame) == Next::frame; ++count) {
    state.take(frame);
    if (state.is_tick_due()) state.tick();
    if (count % kFramesBetween == 0 && !between()) state.stopped = true;
    if (state.stopped) return false;
  }
  return true;
}

void FileRun::finish() {
  State& state = *state_;
  state.tick();
  while (!state.under_way.empty()) (void)state.receive();
  while (!state.drain_round()) {
  }
}

RunTotals FileRun::totals() const noexcept {
  RunTotals totals = totals_so_far();
  for (const auto& worker : state_->workers) totals.shards += worker->shard().totals();
  return totals;
}

RunTotals FileRun::totals_so_far() const noexcept {
  const State& state = *state_;
  RunTotals totals{state.frames, {}, state.clock.far_behind()};
  totals.frames.joining = state.decoder->fragments().counters();
  if (state.inline_shard) totals.shards += state.inline_shard->totals();
  return totals;
}

}  // namespace sekimori
