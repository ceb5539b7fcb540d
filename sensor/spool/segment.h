#pragma once

#include <array>
#include <cstdint>

#include "core/bytes/cursor.h"
#include "core/bytes/result.h"
#include "core/text/timestamp.h"

namespace sekimori {

// A segment file of the spool: the batches of one boot in order of sequence, as they travel.
// Integers are in network order; each check is XXH3-64 of what stands before it.
//
//   head    "SKSP", version u8, 3 zero bytes, boot u64, check u64
//   entry   length u32, records u32, sequence u64, made i64, frame check u64, check u64, frame
//   entry   ...
//
// The checks of entries are seeded with the boot, so that what an earlier file left in a disk's
// blocks is no entry of this one. They find torn and rotten bytes, not a forger: whoever writes
// into the folder of the spool is the sensor.
inline constexpr std::size_t kSegmentHeadSize = 24;
inline constexpr std::size_t kEntryHeadSize = 40;

struct SegmentHead {
  std::uint64_t boot = 0;
};

struct EntryHead {
  std::uint32_t length = 0;   // bytes of the frame, at most kFrameSizeLimit
  std::uint32_t records = 0;  // in the batch
  std::uint64_t sequence = 0;
  Timestamp made{};  // when the batch was closed, by the sensor's clock
  std::uint64_t frame_check = 0;
};

std::array<std::uint8_t, kSegmentHeadSize> encode_segment_head(const SegmentHead& head) noexcept;
// Fills in length and frame check of `frame`.
std::array<std::uint8_t, kEntryHeadSize> encode_entry_head(EntryHead head, std::uint64_t boot,
                                                           Bytes frame) noexcept;

// Both read the beginning of `bytes`. truncated: it ends too early. malformed: a check is wrong, or
// a value out of its range. unsupported: a segment of another version.
Result<SegmentHead> parse_segment_head(Bytes bytes) noexcept;
Result<EntryHead> parse_entry_head(Bytes bytes, std::uint64_t boot) noexcept;

// Whether these are the bytes that the entry was made for.
bool frame_is_whole(const EntryHead& head, std::uint64_t boot, Bytes frame) noexcept;

// How far the spool was when the sensor was last seen alive: one small file beside the segments.
//
//   "SKSM", version u8, 3 zero bytes, boot u64, sequence u64, alive i64, check u64
inline constexpr std::size_t kSpoolMarkSize = 40;

struct SpoolMark {
  std::uint64_t boot = 0;      // of the last batch that was acknowledged
  std::uint64_t sequence = 0;  // 0: none was
  Timestamp alive{};
};

std::array<std::uint8_t, kSpoolMarkSize> encode_spool_mark(const SpoolMark& mark) noexcept;
Result<SpoolMark> parse_spool_mark(Bytes bytes) noexcept;

}  // namespace sekimori
