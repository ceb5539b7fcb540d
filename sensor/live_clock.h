#pragma once

#include <algorithm>
#include <chrono>

#include "core/text/timestamp.h"

namespace sekimori {

// The time of a live capture between its packets. Packets tell the time; while none comes, the
// monotonic clock carries it on, so that a step of the clock on the wall ages no session before
// packets tell of it too.
class LiveClock {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  // How far packets may lag behind before the clock follows them back: what a full ring holds back
  // is no step of the clock.
  static constexpr std::chrono::seconds kLag{1};

  LiveClock(Timestamp wall, Steady steady) noexcept
      : offset_{wall.time_since_epoch() - steady.time_since_epoch()} {}

  void observe(Timestamp packet, Steady steady) noexcept {
    const std::chrono::nanoseconds ahead = packet - now(steady);
    if (ahead.count() > 0 || ahead < -kLag) offset_ += ahead;
  }
  Timestamp now(Steady steady) const noexcept {
    return Timestamp{steady.time_since_epoch() + offset_};
  }

 private:
  std::chrono::nanoseconds offset_;
};

}  // namespace sekimori
