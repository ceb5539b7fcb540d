#pragma once

#include <chrono>
#include <optional>

#include "core/record/loss_window.h"

namespace sekimori {

// Notices that the clock which stamps packets was set while the sensor ran. Slewing, as NTP does it
// at most (500 ppm), passes unnoticed.
class ClockStep {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds kTolerance{100};

  // To be asked a few times a second. Yields the times that are doubtful: those that were skipped,
  // or those that come a second time.
  std::optional<LossWindow> look(Timestamp wall, Steady steady) noexcept {
    const Timestamp expected = wall_ + (steady - steady_);
    const auto step = wall - expected;
    const bool first = wall_ == Timestamp{};
    wall_ = wall;
    steady_ = steady;
    if (first || (step < kTolerance && -step < kTolerance)) return std::nullopt;
    const auto size =
        std::chrono::duration_cast<std::chrono::microseconds>(step < step.zero() ? -step : step);
    return LossWindow{LossKind::clock,
                      std::min(wall, expected),
                      std::max(wall, expected),
                      static_cast<std::uint64_t>(size.count()),
                      {}};
  }

 private:
  Timestamp wall_{};
  Steady steady_{};
};

}  // namespace sekimori
