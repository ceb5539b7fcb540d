#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "core/bytes/result.h"

namespace sekimori {

using Bytes = std::span<const std::uint8_t>;

// Reads a borrowed span from front to back; integers are in network order.
//
// A read past the end does not fail at once. It yields zeros, pins the offset,
// and leaves nothing to read, so a parser states its fields in wire order and
// asks once, in finish(), whether they were all there.
class Cursor {
 public:
  explicit Cursor(Bytes bytes) noexcept : bytes_{bytes} {}

  std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(unsigned_be(1)); }
  std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(unsigned_be(2)); }
  std::uint32_t u24() noexcept { return static_cast<std::uint32_t>(unsigned_be(3)); }
  std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(unsigned_be(4)); }
  std::uint64_t u64() noexcept { return unsigned_be(8); }

  void skip(std::size_t count) noexcept { (void)take(count); }

  // The next `count` bytes, still borrowed; empty when they are not all there.
  Bytes take(std::size_t count) noexcept {
    if (count > left()) {
      overrun_ = true;
      return {};
    }
    const Bytes taken = bytes_.subspan(offset_, count);
    offset_ += count;
    return taken;
  }

  // Zero after an overrun, so `while (cursor.left() > 0)` always ends.
  std::size_t left() const noexcept { return overrun_ ? 0 : bytes_.size() - offset_; }
  bool ok() const noexcept { return !overrun_; }

  // The only way from a cursor to a Result: a value if every read was in
  // bounds, and otherwise where the bytes ran out.
  template <typename T>
  Result<T> finish(Layer layer, T value) const noexcept {
    if (overrun_) return tl::unexpected{Defect{Fault::truncated, layer, offset()}};
    return value;
  }

  // For a field whose value is wrong at `at`. A field that was never read in
  // full is truncated, not malformed: its zero is ours, not the sender's.
  tl::unexpected<Defect> reject(Layer layer, std::uint16_t at) const noexcept {
    if (overrun_) return tl::unexpected{Defect{Fault::truncated, layer, offset()}};
    return tl::unexpected{Defect{Fault::malformed, layer, at}};
  }

 private:
  std::uint16_t offset() const noexcept {
    constexpr std::size_t widest = std::numeric_limits<std::uint16_t>::max();
    return static_cast<std::uint16_t>(std::min(offset_, widest));
  }

  std::uint64_t unsigned_be(std::size_t width) noexcept {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : take(width)) value = value << 8U | byte;
    return value;
  }

  Bytes bytes_;
  std::size_t offset_ = 0;
  bool overrun_ = false;
};

}  // namespace sekimori
