// What Spool does once, at the start: it finds what an earlier sensor left.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sensor/spool/spool.h"
#include "sensor/spool/whole_io.h"

namespace sekimori {

std::optional<Complaint> Spool::open_all(Timestamp now) {
  const auto unusable = [&](const char* what) {
    return Complaint{directory_.path(), 0, 0,
                     std::string{"the spool cannot be "} + what + ": " + std::strerror(errno),
                     "the folder must belong to the account that the sensor runs as"};
  };
  mark_descriptor_ = directory_.open_mark();
  if (mark_descriptor_ < 0) return unusable("written");
  load_mark();
  const auto ordinals = directory_.segments();
  if (!ordinals) return unusable("read");
  for (const std::uint64_t ordinal : *ordinals) {
    if (!load_segment(ordinal)) return unusable("read");
  }
  if (!ordinals->empty()) next_ordinal_ = ordinals->back() + 1;
  for (const Segment& segment : segments_) totals_.recovered += segment.batches;
  mark_.alive = now;
  mark_changed_ = true;
  write_mark();
  publish();
  return std::nullopt;
}

void Spool::load_mark() {
  std::array<std::uint8_t, kSpoolMarkSize> bytes{};
  if (!read_whole(mark_descriptor_, 0, bytes.data(), bytes.size())) return;
  const auto mark = parse_spool_mark(bytes);
  if (!mark) return;
  mark_ = *mark;
  last_alive_ = mark->alive;
}

// False: its file cannot be opened.
bool Spool::load_segment(std::uint64_t ordinal) {
  const int descriptor = directory_.open_segment(ordinal);
  struct stat status {};
  if (descriptor < 0) return false;
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    return true;
  }
  std::array<std::uint8_t, kSegmentHeadSize> bytes{};
  const auto available =
      std::min<std::size_t>(static_cast<std::size_t>(status.st_size), bytes.size());
  const bool read = read_whole(descriptor, 0, bytes.data(), available);
  const auto head = parse_segment_head({bytes.data(), available});
  Segment segment;
  segment.ordinal = ordinal;
  if (read && head) {
    segment.boot = head->boot;
    scan(descriptor, segment);
  }
  const auto file_size = static_cast<std::uint64_t>(status.st_size);
  // Of a newer version: it is left for a sensor that reads it.
  const bool foreign = !read || (!head && head.error().fault == Fault::unsupported);
  if (!foreign) totals_.torn_bytes += file_size - segment.size;
  if (!foreign && segment.size < file_size && segment.size > 0) {
    (void)::ftruncate(descriptor, static_cast<off_t>(segment.size));
  }
  ::close(descriptor);
  if (foreign) return true;
  if (segment.batches == 0) {
    (void)directory_.unlink_segment(ordinal);
    return true;
  }
  bytes_ += segment.size;
  segments_.push_back(segment);
  return true;
}

// Up to where its entries are whole; those that were acknowledged count as read.
void Spool::scan(int descriptor, Segment& segment) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return;
  const auto file_size = static_cast<std::uint64_t>(status.st_size);
  std::uint64_t at = kSegmentHeadSize;
  segment.size = segment.read_at = at;
  std::array<std::uint8_t, kEntryHeadSize> bytes{};
  while (at + kEntryHeadSize <= file_size) {
    if (!read_whole(descriptor, at, bytes.data(), bytes.size())) return;
    const auto head = parse_entry_head(bytes, segment.boot);
    if (!head || head->sequence <= segment.last) return;
    at += kEntryHeadSize + head->length;
    if (at > file_size) return;
    segment.size = at;
    segment.last = head->sequence;
    segment.made_last = head->made;
    if (segment.boot == mark_.boot && head->sequence <= mark_.sequence) {
      segment.read_at = at;
      continue;
    }
    if (segment.batches == 0) segment.made_first = head->made;
    ++segment.batches;
    segment.records += head->records;
  }
}

}  // namespace sekimori
