#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/bytes/cursor.h"

namespace sekimori {

// The longest start of a stream that is kept while a hello arrives in pieces. Today's longest
// browser hellos (post-quantum key share, ECH) stay under 2.5 KB; a record holds 16 KiB.
inline constexpr std::uint32_t kStreamHeadSize = 16 * 1024;  // bytes

// The first bytes of one direction of a TCP stream, put in order. Where segments overlap, the byte
// that came first stays: it is the one that a receiver has most likely acted on.
class StreamHead {
 public:
  enum class Added : std::uint8_t {
    more,       // the run from the start has grown
    waiting,    // kept, behind a hole
    repeated,   // nothing new
    forgotten,  // beyond kStreamHeadSize, or behind one hole too many; a resend may still bring it
  };

  // `offset`: bytes from the start of the stream.
  Added add(std::uint32_t offset, Bytes segment) noexcept;

  // What is there from the start without a hole.
  Bytes run() const noexcept {
    return std::span{bytes_}.first(count_ > 0 && ranges_[0].begin == 0 ? ranges_[0].end : 0U);
  }

 private:
  struct Range {
    std::uint16_t begin = 0;
    std::uint16_t end = 0;  // one past the last
  };
  // Holes in one hello at a time; real networks reorder a handful of segments.
  static constexpr std::size_t kMaxRanges = 32;

  std::uint8_t count_ = 0;
  std::array<Range, kMaxRanges> ranges_{};  // sorted, apart from each other
  std::array<std::uint8_t, kStreamHeadSize> bytes_;
};

}  // namespace sekimori
