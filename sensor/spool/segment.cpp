#include "sensor/spool/segment.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>

#include "core/record/codec.h"

namespace sekimori {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint32_t kSegmentMagic = 0x534b5350;  // "SKSP"
constexpr std::uint32_t kMarkMagic = 0x534b534d;     // "SKSM"
constexpr std::uint16_t kVersionOffset = 4;
constexpr std::size_t kCheckSize = 8;

std::uint64_t check_of(Bytes bytes, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

// Writes members in network order, and at the end the check of all of them.
template <std::size_t Size>
class Writer {
 public:
  Writer& put(std::uint64_t value, std::size_t width) noexcept {
    for (std::size_t left = width; left > 0; --left) {
      bytes_[at_++] = static_cast<std::uint8_t>(value >> (8U * (left - 1U)));
    }
    return *this;
  }
  std::array<std::uint8_t, Size> checked(std::uint64_t seed) noexcept {
    put(check_of({bytes_.data(), at_}, seed), kCheckSize);
    return bytes_;
  }

 private:
  std::array<std::uint8_t, Size> bytes_{};
  std::size_t at_ = 0;
};

Timestamp moment(std::uint64_t bits) noexcept {
  return Timestamp{std::chrono::nanoseconds{std::bit_cast<std::int64_t>(bits)}};
}
std::uint64_t bits_of(Timestamp time) noexcept {
  return std::bit_cast<std::uint64_t>(std::int64_t{time.time_since_epoch().count()});
}

// Whether the `size` bytes before the last eight are those that the last eight were made for.
bool check_holds(Bytes bytes, std::size_t size, std::uint64_t seed) noexcept {
  if (bytes.size() < size) return false;
  Cursor check{bytes.subspan(size - kCheckSize, kCheckSize)};
  return check.u64() == check_of(bytes.first(size - kCheckSize), seed);
}

// Magic and version; the way out of both kinds of file that begin so.
std::optional<Defect> fault_of_beginning(Cursor& cursor, std::uint32_t magic) noexcept {
  if (cursor.u32() != magic) return cursor.reject(Layer::record, 0).value();
  const std::uint8_t version = cursor.u8();
  if (cursor.ok() && version != kVersion) {
    return Defect{Fault::unsupported, Layer::record, kVersionOffset};
  }
  cursor.skip(3);
  return std::nullopt;
}

}  // namespace

std::array<std::uint8_t, kSegmentHeadSize> encode_segment_head(const SegmentHead& head) noexcept {
  Writer<kSegmentHeadSize> out;
  return out.put(kSegmentMagic, 4).put(kVersion, 1).put(0, 3).put(head.boot, 8).checked(0);
}

std::array<std::uint8_t, kEntryHeadSize> encode_entry_head(EntryHead head, std::uint64_t boot,
                                                           Bytes frame) noexcept {
  Writer<kEntryHeadSize> out;
  out.put(frame.size(), 4).put(head.records, 4).put(head.sequence, 8).put(bits_of(head.made), 8);
  return out.put(check_of(frame, boot), 8).checked(boot);
}

Result<SegmentHead> parse_segment_head(Bytes bytes) noexcept {
  Cursor cursor{bytes};
  if (const auto fault = fault_of_beginning(cursor, kSegmentMagic)) return tl::unexpected{*fault};
  SegmentHead head;
  head.boot = cursor.u64();
  cursor.skip(kCheckSize);
  if (cursor.ok() && !check_holds(bytes, kSegmentHeadSize, 0)) {
    return cursor.reject(Layer::record, kSegmentHeadSize - kCheckSize);
  }
  return cursor.finish(Layer::record, head);
}

Result<EntryHead> parse_entry_head(Bytes bytes, std::uint64_t boot) noexcept {
  Cursor cursor{bytes};
  EntryHead head;
  head.length = cursor.u32();
  head.records = cursor.u32();
  head.sequence = cursor.u64();
  head.made = moment(cursor.u64());
  head.frame_check = cursor.u64();
  cursor.skip(kCheckSize);
  if (cursor.ok() && !check_holds(bytes, kEntryHeadSize, boot)) {
    return cursor.reject(Layer::record, kEntryHeadSize - kCheckSize);
  }
  if (head.length > kFrameSizeLimit || head.records > kBatchRecordLimit) {
    return cursor.reject(Layer::record, 0);
  }
  return cursor.finish(Layer::record, head);
}

bool frame_is_whole(const EntryHead& head, std::uint64_t boot, Bytes frame) noexcept {
  return frame.size() == head.length && check_of(frame, boot) == head.frame_check;
}

std::array<std::uint8_t, kSpoolMarkSize> encode_spool_mark(const SpoolMark& mark) noexcept {
  Writer<kSpoolMarkSize> out;
  out.put(kMarkMagic, 4).put(kVersion, 1).put(0, 3).put(mark.boot, 8).put(mark.sequence, 8);
  return out.put(bits_of(mark.alive), 8).checked(0);
}

Result<SpoolMark> parse_spool_mark(Bytes bytes) noexcept {
  Cursor cursor{bytes};
  if (const auto fault = fault_of_beginning(cursor, kMarkMagic)) return tl::unexpected{*fault};
  SpoolMark mark;
  mark.boot = cursor.u64();
  mark.sequence = cursor.u64();
  mark.alive = moment(cursor.u64());
  cursor.skip(kCheckSize);
  if (cursor.ok() && !check_holds(bytes, kSpoolMarkSize, 0)) {
    return cursor.reject(Layer::record, kSpoolMarkSize - kCheckSize);
  }
  return cursor.finish(Layer::record, mark);
}

}  // namespace sekimori
