#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "core/record/loss_window.h"

namespace sekimori {

// Which windows of loss went into which batch of this boot, until it is acknowledged: a batch that
// is given up takes them with it, and then they have to be told again. Not more than kLimit batches
// are remembered; beyond that the oldest's windows count as the next one's.
class ToldLosses {
 public:
  static constexpr std::size_t kLimit = 10'000;

  void note(std::uint64_t sequence, std::vector<LossWindow> windows) {
    if (windows.empty()) return;
    by_sequence_[sequence] = std::move(windows);
    if (by_sequence_.size() <= kLimit) return;
    const auto oldest = by_sequence_.begin();
    for (const LossWindow& window : oldest->second) add_loss(std::next(oldest)->second, window);
    by_sequence_.erase(oldest);
  }
  void acknowledge(std::uint64_t committed) {
    by_sequence_.erase(by_sequence_.begin(), by_sequence_.upper_bound(committed));
  }
  // Those of the batches from `first` to `last`, which will not be sent.
  void take_back(std::uint64_t first, std::uint64_t last, std::vector<LossWindow>& into) {
    const auto begin = by_sequence_.lower_bound(first);
    const auto end = by_sequence_.upper_bound(last);
    for (auto one = begin; one != end; ++one) {
      for (const LossWindow& window : one->second) add_loss(into, window);
    }
    by_sequence_.erase(begin, end);
  }

 private:
  std::map<std::uint64_t, std::vector<LossWindow>> by_sequence_;
};

}  // namespace sekimori
