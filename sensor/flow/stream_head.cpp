#include "sensor/flow/stream_head.h"

#include <algorithm>

namespace sekimori {

StreamHead::Added StreamHead::add(std::uint32_t offset, Bytes segment) noexcept {
  if (offset >= kStreamHeadSize) return Added::forgotten;
  const auto begin = static_cast<std::uint16_t>(offset);
  const auto end =
      static_cast<std::uint16_t>(std::min<std::size_t>(kStreamHeadSize, offset + segment.size()));

  // The ranges that touch [begin, end): they and it become one.
  std::size_t first = 0;
  while (first < count_ && ranges_[first].end < begin) ++first;
  std::size_t last = first;
  while (last < count_ && ranges_[last].begin <= end) ++last;
  if (last == first && count_ == kMaxRanges) return Added::forgotten;
  if (last == first + 1 && ranges_[first].begin <= begin && ranges_[first].end >= end) {
    return Added::repeated;
  }

  const std::size_t run_before = run().size();
  std::uint16_t at = begin;
  Range whole{begin, end};
  for (std::size_t i = first; i <= last; ++i) {
    const Range old = i < last ? ranges_[i] : Range{end, end};
    if (old.begin > at) {
      const Bytes fresh = segment.subspan(at - begin, static_cast<std::size_t>(old.begin - at));
      std::copy(fresh.begin(), fresh.end(), bytes_.begin() + at);
    }
    at = std::max(at, old.end);
    whole = {std::min(whole.begin, old.begin), std::max(whole.end, old.end)};
  }

  if (first == last) {
    std::copy_backward(ranges_.begin() + first, ranges_.begin() + count_,
                       ranges_.begin() + count_ + 1);
    ++count_;
  } else {
    std::copy(ranges_.begin() + last, ranges_.begin() + count_, ranges_.begin() + first + 1);
    count_ = static_cast<std::uint8_t>(count_ - (last - first - 1));
  }
  ranges_[first] = whole;
  return run().size() > run_before ? Added::more : Added::waiting;
}

}  // namespace sekimori
