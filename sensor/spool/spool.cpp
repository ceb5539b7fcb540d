#include "sensor/spool/spool.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/record/codec.h"
#include "sensor/spool/whole_io.h"

namespace sekimori {
namespace {

using std::chrono::milliseconds;

// A segment is this share of the spool, so that giving up the oldest costs no more of it.
constexpr std::uint64_t kSegmentShare = 32;
constexpr std::uint64_t kSmallestSegment = std::uint64_t{64} << 10U;
constexpr std::uint64_t kLargestSegment = std::uint64_t{16} << 20U;
// The same of its age: a sensor with little to say must not keep a segment open for weeks.
constexpr int kAgeShare = 16;
// Between two marks that say that the sensor lives.
constexpr milliseconds kMarkInterval{1000};

template <std::size_t Size>
Bytes bytes_of(const std::array<std::uint8_t, Size>& array) {
  return {array.data(), Size};
}

}  // namespace

Spool::Spool(SpoolDirectory directory, SpoolLimits limits, std::uint64_t boot)
    : directory_{std::move(directory)},
      limits_{limits},
      boot_{boot},
      segment_limit_{std::clamp(limits.size / kSegmentShare, kSmallestSegment, kLargestSegment)} {}

Spool::~Spool() {
  sync();
  write_mark();
  seal();
  if (reading_ >= 0) ::close(reading_);
  if (mark_descriptor_ >= 0) ::close(mark_descriptor_);
}

Loaded<std::unique_ptr<Spool>> Spool::recover(SpoolDirectory directory, SpoolLimits limits,
                                              std::uint64_t boot, Timestamp now) {
  std::unique_ptr<Spool> spool{new Spool{std::move(directory), limits, boot}};
  if (auto fault = spool->open_all(now)) return tl::unexpected{std::move(*fault)};
  return spool;
}

bool Spool::has_room() const noexcept {
  return bytes_ + kFrameSizeLimit + segment_limit_ <= limits_.size;
}

bool Spool::append(std::uint64_t sequence, std::size_t records, Bytes frame, Timestamp now) {
  const bool waits = limits_.when_full == WhenSpoolFull::refuse;
  if (waits && !has_room()) return false;
  while (bytes_ + frame.size() > limits_.size && !segments_.empty()) drop_oldest();
  while (!write_entry(sequence, records, frame, now)) {
    ++totals_.failed_writes;
    if (waits || segments_.empty()) {
      publish();
      return false;
    }
    drop_oldest();
  }
  ++totals_.written;
  publish();
  return true;
}

bool Spool::write_entry(std::uint64_t sequence, std::size_t records, Bytes frame, Timestamp now) {
  if (writing_ >= 0 && segments_.back().size >= segment_limit_) seal();
  if (writing_ < 0 && !begin_segment()) return false;
  Segment& segment = segments_.back();
  const auto head =
      encode_entry_head({0, static_cast<std::uint32_t>(records), sequence, now, 0}, boot_, frame);
  if (!write_whole(writing_, segment.size, bytes_of(head), frame)) {
    (void)::ftruncate(writing_, static_cast<off_t>(segment.size));
    // A segment without an entry holds no room that giving it up would free.
    if (segment.size == kSegmentHeadSize) forget(segments_.size() - 1);
    return false;
  }
  const std::uint64_t size = kEntryHeadSize + frame.size();
  segment.size += size;
  bytes_ += size;
  segment.last = sequence;
  segment.made_last = now;
  if (segment.batches == 0) segment.made_first = now;
  ++segment.batches;
  segment.records += records;
  if (unsynced_ == 0) unsynced_since_ = Clock::now();
  unsynced_ += size;
  if (unsynced_ >= kSyncBytes) sync();
  return true;
}

bool Spool::begin_segment() {
  const int descriptor = directory_.create_segment(next_ordinal_);
  if (descriptor < 0) return false;
  const auto head = encode_segment_head({boot_});
  if (!write_whole(descriptor, 0, bytes_of(head), {})) {
    const int reason = errno;
    ::close(descriptor);
    (void)directory_.unlink_segment(next_ordinal_);
    errno = reason;
    return false;
  }
  (void)directory_.sync();
  writing_ = descriptor;
  Segment segment;
  segment.ordinal = next_ordinal_++;
  segment.boot = boot_;
  segment.size = segment.read_at = kSegmentHeadSize;
  bytes_ += segment.size;
  segments_.push_back(segment);
  return true;
}

void Spool::seal() {
  if (writing_ < 0) return;
  sync();
  ::close(std::exchange(writing_, -1));
  // Whatever was read of it may have been acknowledged already.
  const Segment& segment = segments_.back();
  if (segment.boot == mark_.boot && segment.last <= mark_.sequence) forget(segments_.size() - 1);
}

void Spool::drop_oldest() {
  const Segment& segment = segments_.front();
  if (segment.batches > 0) {
    totals_.lost_batches += segment.batches;
    totals_.lost_records += segment.records;
    const auto head = head_at(segment);
    losses_.push_back({segment.made_first, segment.made_last, segment.batches, segment.records,
                       segment.boot, head ? head->sequence : segment.last, segment.last});
  }
  forget(0);
}

// Closes and unlinks it; room comes only when nobody has it open.
void Spool::forget(std::size_t index) {
  const Segment segment = segments_[index];
  if (writing_ >= 0 && index + 1 == segments_.size()) {
    ::close(std::exchange(writing_, -1));
    unsynced_ = 0;
  }
  if (reading_ >= 0 && reading_ordinal_ == segment.ordinal) ::close(std::exchange(reading_, -1));
  next_.reset();
  (void)directory_.unlink_segment(segment.ordinal);
  bytes_ -= segment.size;
  segments_.erase(segments_.begin() + static_cast<std::ptrdiff_t>(index));
}

Spool::Segment* Spool::unread() {
  for (Segment& segment : segments_) {
    if (segment.batches > 0) return &segment;
  }
  return nullptr;
}

// Of the entry that is read next. What can no longer be read is given up to the segment's end.
std::optional<EntryHead> Spool::head_at(const Segment& segment) {
  if (reading_ < 0 || reading_ordinal_ != segment.ordinal) {
    if (reading_ >= 0) ::close(reading_);
    reading_ = directory_.open_segment(segment.ordinal);
    reading_ordinal_ = segment.ordinal;
  }
  std::array<std::uint8_t, kEntryHeadSize> bytes{};
  if (reading_ < 0 || !read_whole(reading_, segment.read_at, bytes.data(), bytes.size())) {
    return std::nullopt;
  }
  const auto head = parse_entry_head(bytes, segment.boot);
  if (!head || segment.read_at + kEntryHeadSize + head->length > segment.size) return std::nullopt;
  return *head;
}

std::optional<Spool::Place> Spool::next() {
  while (Segment* segment = unread()) {
    if (!next_) next_ = head_at(*segment);
    if (next_) return Place{segment->boot, next_->sequence};
    rotten(*segment);
  }
  return std::nullopt;
}

void Spool::rotten(Segment& segment) {
  totals_.corrupt_batches += segment.batches;
  losses_.push_back({segment.made_first, segment.made_last, segment.batches, segment.records});
  segment.batches = segment.records = 0;
  segment.read_at = segment.size;
}

void Spool::passed(Segment& segment, const EntryHead& head) {
  segment.read_at += kEntryHeadSize + head.length;
  segment.made_first = head.made;
  --segment.batches;
  segment.records -= std::min<std::uint64_t>(segment.records, head.records);
  next_.reset();
}

void Spool::pass() {
  if (!next()) return;
  passed(*unread(), *next_);
  publish();
}

std::optional<SpoolEntry> Spool::read() {
  if (!next()) return std::nullopt;
  Segment& segment = *unread();
  const EntryHead head = *next_;
  SpoolEntry entry{segment.boot, head.sequence, head.records, {}};
  entry.frame.resize(head.length);
  const bool whole = read_whole(reading_, segment.read_at + kEntryHeadSize, entry.frame.data(),
                                entry.frame.size()) &&
                     frame_is_whole(head, segment.boot, entry.frame);
  passed(segment, head);
  publish();
  if (whole) return entry;
  ++totals_.corrupt_batches;
  losses_.push_back({head.made, head.made, 1, head.records});
  return std::nullopt;
}

void Spool::acknowledge(std::uint64_t boot, std::uint64_t sequence) {
  if (mark_.boot != boot || mark_.sequence < sequence) {
    mark_.boot = boot;
    mark_.sequence = sequence;
    mark_changed_ = true;
  }
  for (auto place = next(); place && place->boot == boot && place->sequence <= sequence;
       place = next()) {
    passed(*unread(), *next_);
  }
  for (std::size_t at = 0; at < segments_.size();) {
    const bool open = writing_ >= 0 && at + 1 == segments_.size();
    const Segment& segment = segments_[at];
    if (!open && segment.batches == 0 && segment.boot == boot && segment.last <= sequence) {
      forget(at);
    } else {
      ++at;
    }
  }
  publish();
}

void Spool::turn(Timestamp now) {
  if (unsynced_ > 0 && Clock::now() - unsynced_since_ >= kSyncInterval) sync();
  if (Clock::now() - marked_ >= kMarkInterval) {
    if (writing_ >= 0 && now - segments_.back().made_last > limits_.age / kAgeShare) seal();
    while (!segments_.empty() && now - segments_.front().made_last > limits_.age) drop_oldest();
    mark_.alive = now;
    mark_changed_ = true;
    write_mark();
    publish();
  }
}

milliseconds Spool::patience() const noexcept {
  const auto left = [](Clock::time_point since, milliseconds interval) {
    return std::max(milliseconds{0},
                    std::chrono::ceil<milliseconds>(since + interval - Clock::now()));
  };
  const milliseconds to_mark = left(marked_, kMarkInterval);
  return unsynced_ == 0 ? to_mark : std::min(to_mark, left(unsynced_since_, kSyncInterval));
}

void Spool::sync() {
  if (unsynced_ == 0 || writing_ < 0) return;
  if (::fdatasync(writing_) != 0) ++totals_.failed_writes;
  ++totals_.syncs;
  unsynced_ = 0;
}

// Not synced: after a power cut it is older than the truth, and something is sent twice.
void Spool::write_mark() {
  marked_ = Clock::now();
  if (mark_descriptor_ < 0 || !mark_changed_) return;
  if (!write_whole(mark_descriptor_, 0, bytes_of(encode_spool_mark(mark_)), {})) {
    ++totals_.failed_writes;
  }
  mark_changed_ = false;
}

std::vector<SpoolLoss> Spool::take_losses() {
  return std::exchange(losses_, {});
}

void Spool::publish() noexcept {
  std::uint64_t batches = 0;
  std::uint64_t records = 0;
  Timestamp oldest{};
  for (const Segment& segment : segments_) {
    if (batches == 0 && segment.batches > 0) oldest = segment.made_first;
    batches += segment.batches;
    records += segment.records;
  }
  totals_.segments = segments_.size();
  totals_.bytes = bytes_;
  totals_.batches = batches;
  totals_.records = records;
  totals_.oldest_made = oldest.time_since_epoch().count();
}

SpoolCounters Spool::counters() const noexcept {
  SpoolCounters counters{totals_.segments,       totals_.bytes,        totals_.batches,
                         totals_.records,        milliseconds{0},      totals_.written,
                         totals_.recovered,      totals_.syncs,        totals_.failed_writes,
                         totals_.lost_batches,   totals_.lost_records, totals_.torn_bytes,
                         totals_.corrupt_batches};
  if (const std::int64_t made = totals_.oldest_made; made != 0) {
    const auto age =
        std::chrono::system_clock::now().time_since_epoch() - std::chrono::nanoseconds{made};
    counters.oldest_age = std::max(milliseconds{0}, std::chrono::duration_cast<milliseconds>(age));
  }
  return counters;
}

}  // namespace sekimori
