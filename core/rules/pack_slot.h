#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "core/rules/pack.h"
#include "core/rules/rule_tally.h"

namespace sekimori {

// The pack in force: one thread replaces it whole while others ask it about records.
class PackSlot {
 public:
  explicit PackSlot(std::shared_ptr<const RulePack> pack) : pack_{std::move(pack)} {}

  void put(std::shared_ptr<const RulePack> pack) {
    const std::lock_guard lock{mutex_};
    pack_.swap(pack);
    generation_.fetch_add(1, std::memory_order_release);
  }  // the pack of before is let go outside the lock

  std::shared_ptr<const RulePack> get() const {
    const std::lock_guard lock{mutex_};
    return pack_;
  }

  // Another number after each put(). One load, no lock: who keeps a pack looks at this before each
  // record and calls get() only when it changed. (std::atomic<std::shared_ptr> locks in libstdc++.)
  std::uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }

  // Those who ask the pack join here, so that somebody can say what it answered.
  RuleTally& tally() const noexcept { return tally_; }

 private:
  mutable RuleTally tally_;
  mutable std::mutex mutex_;
  std::shared_ptr<const RulePack> pack_;  // never null
  std::atomic<std::uint64_t> generation_ = 0;
};

}  // namespace sekimori
