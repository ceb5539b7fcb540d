#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace sekimori {

// How many records a sensor may still bring: so many a second, and a minute's worth at once. The
// batch that empties it is taken whole.
class Quota {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr double kSeconds = 60;

  Quota(std::uint64_t per_second, Clock::time_point now)
      : rate_{static_cast<double>(per_second)}, left_{rate_ * kSeconds}, since_{now} {}

  // False: not now.
  bool open(Clock::time_point now) noexcept {
    const std::chrono::duration<double> passed = now - since_;
    since_ = now;
    left_ = std::min(rate_ * kSeconds, left_ + passed.count() * rate_);
    return rate_ == 0 || left_ > 0;
  }
  void take(std::uint64_t records) noexcept { left_ -= static_cast<double>(records); }

 private:
  double rate_;  // 0: no limit
  double left_;
  Clock::time_point since_;
};

}  // namespace sekimori
