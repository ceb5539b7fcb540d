#pragma once

#include <bit>

#include "core/bytes/cursor.h"

namespace sekimori {

// A cursor over a file whose integers are in the byte order of the machine that wrote it.
class OrderedCursor {
 public:
  OrderedCursor(Bytes bytes, std::endian order) noexcept : cursor_{bytes}, order_{order} {}

  std::uint8_t u8() noexcept { return cursor_.u8(); }
  std::uint16_t u16() noexcept {
    const std::uint16_t value = cursor_.u16();
    return order_ == std::endian::big ? value : __builtin_bswap16(value);
  }
  std::uint32_t u32() noexcept {
    const std::uint32_t value = cursor_.u32();
    return order_ == std::endian::big ? value : __builtin_bswap32(value);
  }
  std::uint64_t u64() noexcept {
    const std::uint64_t value = cursor_.u64();
    return order_ == std::endian::big ? value : __builtin_bswap64(value);
  }

  void skip(std::size_t count) noexcept { cursor_.skip(count); }
  Bytes take(std::size_t count) noexcept { return cursor_.take(count); }
  std::size_t left() const noexcept { return cursor_.left(); }
  bool ok() const noexcept { return cursor_.ok(); }

  // A file's own headers are counted nowhere; Layer::link stands for whatever wraps a frame.
  template <typename T>
  Result<T> finish(T value) const noexcept {
    return cursor_.finish(Layer::link, value);
  }
  tl::unexpected<Defect> reject(std::uint16_t at) const noexcept {
    return cursor_.reject(Layer::link, at);
  }

 private:
  Cursor cursor_;
  std::endian order_;
};

}  // namespace sekimori
