#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "core/text/timestamp.h"

namespace sekimori {

// The time of a capture, told by its frames. It never goes back, and one frame alone does not move
// it by more than a day: a damaged time stamp would end every session and make every claim late. A
// real gap moves it with the second frame behind the gap.
class PacketClock {
 public:
  static constexpr std::chrono::hours kLeap{24};

  void observe(Timestamp time) noexcept {
    if (now_ && !is_leap(*now_, time)) {
      now_ = std::max(*now_, time);
    } else if (now_ && time < *now_) {
      ++far_behind_;
    } else if (doubted_ && !is_leap(*doubted_, time) && !is_leap(time, *doubted_)) {
      now_ = std::max(*doubted_, time);
      doubted_.reset();
    } else {
      doubted_ = time;
    }
  }

  // None until two frames agree.
  std::optional<Timestamp> now() const noexcept { return now_; }
  // At the end of the input, where a lone frame is all there is to believe; 1970 without any.
  Timestamp last() const noexcept { return now_.value_or(doubted_.value_or(Timestamp{})); }
  // Frames more than a day behind the clock: captures in the wrong order, or a damaged time stamp.
  std::uint64_t far_behind() const noexcept { return far_behind_; }

 private:
  // In doubles, because a hostile capture's times lie further apart than nanoseconds count.
  static bool is_leap(Timestamp from, Timestamp to) noexcept {
    constexpr double leap = std::chrono::duration<double, std::nano>{kLeap}.count();
    const double distance = static_cast<double>(to.time_since_epoch().count()) -
                            static_cast<double>(from.time_since_epoch().count());
    return distance > leap || distance < -leap;
  }

  std::optional<Timestamp> now_;
  std::optional<Timestamp> doubted_;
  std::uint64_t far_behind_ = 0;
};

}  // namespace sekimori
