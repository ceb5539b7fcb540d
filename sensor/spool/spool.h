#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes/cursor.h"
#include "core/text/complaint.h"
#include "core/text/timestamp.h"
#include "sensor/spool/segment.h"
#include "sensor/spool/spool_directory.h"

namespace sekimori {

// What append() does when the size is reached or the disk is full. Live capture gives up the
// oldest; a file can wait, so it is told no.
enum class WhenSpoolFull : std::uint8_t { give_up_oldest, refuse };

struct SpoolLimits {
  std::uint64_t size = std::uint64_t{1} << 30U;     // bytes of all segment files together
  std::chrono::seconds age = std::chrono::days{7};  // of a batch
  WhenSpoolFull when_full = WhenSpoolFull::give_up_oldest;
};
inline constexpr std::uint64_t kSmallestSpool = std::uint64_t{4} << 20U;

// Running totals, and what is there now. Batches that were read and are not yet acknowledged still
// count as there.
struct SpoolCounters {
  std::uint64_t segments = 0, bytes = 0;             // on the disk now
  std::uint64_t batches = 0, records = 0;            // not yet read back, now
  std::chrono::milliseconds oldest_age{0};           // of those, now; 0: none
  std::uint64_t written = 0;                         // batches
  std::uint64_t recovered = 0;                       // batches that an earlier sensor left
  std::uint64_t syncs = 0;                           // fdatasync
  std::uint64_t failed_writes = 0;                   // disk full or failing
  std::uint64_t lost_batches = 0, lost_records = 0;  // oldest gone for size, age or a full disk
  std::uint64_t torn_bytes = 0;                      // cut from the ends of segments at the start
  std::uint64_t corrupt_batches = 0;                 // whose bytes are no longer those written
};

// Batches that were given up before the collector had them.
struct SpoolLoss {
  Timestamp from{}, until{};  // when they were made
  std::uint64_t batches = 0, records = 0;
  std::uint64_t boot = 0, first = 0, last = 0;  // sequences; others between them may be missing
};

struct SpoolEntry {
  std::uint64_t boot = 0, sequence = 0;
  std::size_t records = 0;
  std::vector<std::uint8_t> frame;
};

// Batches on disk from when they are closed until the collector has acknowledged them (DESIGN.md,
// section 8): segment files, appended to, synced in groups and unlinked whole. Read back in order,
// first what earlier boots left. Owned and called by one thread; counters() by any.
//
// What was appended outlives the process at once, and a power cut after at most kSyncInterval or
// kSyncBytes.
class Spool {
 public:
  static constexpr std::chrono::milliseconds kSyncInterval{100};
  static constexpr std::uint64_t kSyncBytes = std::uint64_t{1} << 20U;

  // What an earlier sensor left is found, a torn end cut off and what cannot be read passed over.
  // Complains of a folder that cannot be read or written.
  static Loaded<std::unique_ptr<Spool>> recover(SpoolDirectory directory, SpoolLimits limits,
                                                std::uint64_t boot, Timestamp now);
  ~Spool();  // synced
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Whether an append stays within the size without giving anything up.
  bool has_room() const noexcept;
  // False: not written, because the disk takes nothing, even after the oldest was given up.
  bool append(std::uint64_t sequence, std::size_t records, Bytes frame, Timestamp now);

  struct Place {
    std::uint64_t boot = 0, sequence = 0;
  };
  // What read() yields next; nothing: everything was read.
  std::optional<Place> next();
  // Reads it. Nothing: its bytes are not what was written, or it cannot be read; it is passed over.
  std::optional<SpoolEntry> read();
  // Passes over the next without reading: somebody has it in memory.
  void pass();

  // Unlinks each segment whose last batch this is or comes after. Passes over what was not read.
  void acknowledge(std::uint64_t boot, std::uint64_t sequence);
  // Syncs if it is time, gives up what is too old, marks that the sensor lives.
  void turn(Timestamp now);
  void sync();
  // When turn() has something to do; max: not before the next append.
  std::chrono::milliseconds patience() const noexcept;

  // When the sensor before this one was last alive; nothing: there was none.
  std::optional<Timestamp> last_alive() const noexcept { return last_alive_; }
  // Those since the last call.
  std::vector<SpoolLoss> take_losses();
  SpoolCounters counters() const noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  struct Segment {
    std::uint64_t ordinal = 0, boot = 0;
    std::uint64_t size = 0;                  // bytes written and whole
    std::uint64_t read_at = 0;               // offset of the next entry to read
    std::uint64_t last = 0;                  // sequence
    std::uint64_t batches = 0, records = 0;  // not yet read
    Timestamp made_first{}, made_last{};
  };
  struct Totals {
    std::atomic<std::uint64_t> segments, bytes, batches, records, written, recovered, syncs,
        failed_writes, lost_batches, lost_records, torn_bytes, corrupt_batches;
    std::atomic<std::int64_t> oldest_made;  // ns since 1970; 0: none
  };

  Spool(SpoolDirectory directory, SpoolLimits limits, std::uint64_t boot);
  std::optional<Complaint> open_all(Timestamp now);
  void load_mark();
  bool load_segment(std::uint64_t ordinal);
  void scan(int descriptor, Segment& segment);
  bool begin_segment();
  bool write_entry(std::uint64_t sequence, std::size_t records, Bytes frame, Timestamp now);
  void seal();
  void drop_oldest();
  void forget(std::size_t index);
  std::optional<EntryHead> head_at(const Segment& segment);
  void passed(Segment& segment, const EntryHead& head);
  Segment* unread();
  void rotten(Segment& segment);
  void write_mark();
  void publish() noexcept;

  SpoolDirectory directory_;
  SpoolLimits limits_;
  std::uint64_t boot_;
  std::uint64_t segment_limit_;
  std::deque<Segment> segments_;  // oldest first; the last is written to while writing_ >= 0
  std::uint64_t next_ordinal_ = 1;
  std::uint64_t bytes_ = 0;
  int writing_ = -1;
  int reading_ = -1;
  std::uint64_t reading_ordinal_ = 0;
  int mark_descriptor_ = -1;
  SpoolMark mark_;
  std::optional<Timestamp> last_alive_;
  bool mark_changed_ = false;
  std::uint64_t unsynced_ = 0;  // bytes
  Clock::time_point unsynced_since_{};
  Clock::time_point marked_{};
  std::optional<EntryHead> next_;  // of the first unread segment
  std::vector<SpoolLoss> losses_;
  mutable Totals totals_{};
};

}  // namespace sekimori
