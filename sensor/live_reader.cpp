#include "sensor/live_reader.h"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <array>

#include "sensor/confine.h"

namespace sekimori {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Frames that are read from one ring before the next one has its turn.
constexpr int kReadLimit = 4096;
// A frame is read within this time: it waits in its block, then for the poll, then for a processor.
constexpr milliseconds kReadWithin{3 * LiveSource::kBlockTimeoutMs};
constexpr seconds kReopenInterval{1};
constexpr seconds kCountInterval{1};
// A stopping sensor reads what is in the rings, but not for ever under a flood.
constexpr seconds kLastReads{2};

Timestamp wall_clock() noexcept {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

void reopen(Lane& lane) noexcept {
  const NetRawRaised raised;
  if (lane.source->open()) {
    lane.open = true;
  } else {
    lane.reopen_at = Clock::now() + kReopenInterval;
  }
}

}  // namespace

Lane::Lane(std::size_t lane_number, std::unique_ptr<LiveSource> handle)
    : number{lane_number}, source{std::move(handle)}, clock{wall_clock(), Clock::now()} {}

const Lane& LiveReader::add(std::size_t number, std::unique_ptr<LiveSource> source) {
  told_.emplace_back().name = source->interface();
  lanes_.push_back(std::make_unique<Lane>(number, std::move(source)));
  return *lanes_.back();
}

void LiveReader::start(std::vector<LiveQueue*> queues) {
  queues_ = std::move(queues);
  for (const auto& lane : lanes_) {
    lane->filling.resize(queues_.size());
    for (auto& batch : lane->filling) batch = std::make_unique<PacketBatch>();
  }
  thread_ = std::thread{[this] { run(); }};
}

void LiveReader::ask_to_stop() {
  stopping_ = true;
  wakeup_.ring();
}

void LiveReader::stop() {
  ask_to_stop();
  if (thread_.joinable()) thread_.join();
}

void LiveReader::run() noexcept {
  block_signals();
  ::pthread_setname_np(::pthread_self(), "read");
  Clock::time_point tell_at = Clock::now() + kCountInterval;
  Clock::time_point stop_seen = Clock::time_point::max();
  while (true) {
    turns_.fetch_add(1, std::memory_order_relaxed);
    bool more = false;
    for (const auto& lane : lanes_) more = read(*lane) || more;
    const Clock::time_point now = Clock::now();
    if (now >= tell_at) {
      tell();
      tell_at = now + kCountInterval;
    }
    if (stopping_) {
      stop_seen = std::min(stop_seen, now);
      // What is in a block that the kernel still fills can be read once that is old enough.
      if (now >= stop_seen + (more ? kLastReads : kReadWithin)) break;
    }
    if (!more) wait();
  }
  tell();
}

// True: there may be more right now.
bool LiveReader::read(Lane& lane) noexcept {
  const Clock::time_point began = Clock::now();
  if (!lane.source->is_open() && began >= lane.reopen_at) reopen(lane);
  std::size_t count = 0;
  if (lane.source->is_open()) {
    auto each = [&](const PacketView& frame) noexcept { take(lane, frame); };
    if (lane.source->read(kReadLimit, count, each) == LiveSource::State::gone) {
      lane.open = false;
      lane.reopen_at = began + kReopenInterval;
    }
  }
  for (std::size_t shard = 0; shard < queues_.size(); ++shard) hand_over(lane, shard);
  const bool more = count >= static_cast<std::size_t>(kReadLimit);
  if (count > 0) lane.clock.observe(lane.last_packet, began);
  Timestamp reached = lane.last_packet;
  if (!more) reached = std::max(reached, lane.clock.now(began) - kReadWithin);
  lane.watermark.store(reached.time_since_epoch().count(), std::memory_order_release);
  return more;
}

void LiveReader::take(Lane& lane, const PacketView& frame) noexcept {
  ++lane.received;
  ++frames_.frames;
  frames_.wire_bytes += frame.wire_length;
  lane.last_packet = frame.time;
  const Result<std::optional<Packet>> decoded = decoder_.decode(frame);
  if (!decoded) return frames_.count(decoded.error());
  if (!*decoded) {
    ++frames_.fragments;
    return;
  }
  const Packet& packet = **decoded;
  ++frames_.tracked;
  frames_.packets += packet.fragments;
  const FlowPlace place = place_of(packet, seed_);
  const std::size_t shard = partition_of(place.hash) % queues_.size();
  PacketBatch& batch = *lane.filling[shard];
  batch.add(packet, place);
  if (batch.size() >= kLiveBatchPackets || batch.kept_bytes() >= kLiveBatchBytes) {
    hand_over(lane, shard);
  }
}

void LiveReader::hand_over(Lane& lane, std::size_t shard) noexcept {
  std::unique_ptr<PacketBatch>& batch = lane.filling[shard];
  const std::size_t count = batch->size();
  if (count == 0 || queues_[shard]->put(lane.number, batch)) return;
  lane.queue_drops += count;
  batch->clear();
}

// Until a ring has frames, the block timeout has passed, or the sensor stops.
void LiveReader::wait() const noexcept {
  std::array<pollfd, kMostInterfaces + 1> polled{};
  std::size_t count = 0;
  for (const auto& lane : lanes_) polled[count++] = {lane->source->descriptor(), POLLIN, 0};
  if (!stopping_) polled[count++] = {wakeup_.descriptor(), POLLIN, 0};
  ::poll(polled.data(), count, LiveSource::kBlockTimeoutMs);
}

void LiveReader::tell() {
  for (const auto& lane : lanes_) decoder_.expire(lane->last_packet);
  frames_.joining = decoder_.fragments().counters();
  const std::lock_guard lock{told_mutex_};
  told_frames_ = frames_;
  for (std::size_t at = 0; at < lanes_.size(); ++at) {
    const HandleCounters handle = lanes_[at]->source->counters();
    InterfaceCounters& told = told_[at];
    told.received = lanes_[at]->received;
    told.passed_filter = handle.kernel_received;
    told.kernel_drops = handle.kernel_drops;
    told.interface_drops = handle.interface_drops;
    told.queue_drops = lanes_[at]->queue_drops;
  }
}

FrameCounters LiveReader::frames() const {
  const std::lock_guard lock{told_mutex_};
  return told_frames_;
}

std::vector<InterfaceCounters> LiveReader::interfaces() const {
  const std::lock_guard lock{told_mutex_};
  return told_;
}

}  // namespace sekimori
