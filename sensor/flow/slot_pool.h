#pragma once

#include <new>
#include <type_traits>

#include "sensor/flow/flow.h"
#include "sensor/flow/lazy_array.h"

namespace sekimori {

// A fixed number of T, reserved at once and paid for only when first used. take() and give_back()
// neither allocate nor fail by surprise.
template <typename T>
class SlotPool {
  static_assert(std::is_trivially_destructible_v<T>, "pages are given back, not destroyed");

 public:
  // Throws std::bad_alloc when the address space cannot be had; only at start.
  explicit SlotPool(SlotIndex capacity) : capacity_{capacity}, cells_{capacity} {}

  // A fresh T, or kNoSlot when all are in use.
  SlotIndex take() noexcept {
    SlotIndex slot = kNoSlot;
    if (free_ != kNoSlot) {
      slot = free_;
      free_ = cell(slot).next_free;
    } else if (touched_ < capacity_) {
      slot = touched_++;
    } else {
      return kNoSlot;
    }
    ++used_;
    new (&cell(slot).value) T;
    return slot;
  }
  void give_back(SlotIndex slot) noexcept {
    cell(slot).next_free = free_;
    free_ = slot;
    --used_;
  }

  T& operator[](SlotIndex slot) noexcept { return cell(slot).value; }
  const T& operator[](SlotIndex slot) const noexcept { return cell(slot).value; }
  SlotIndex used() const noexcept { return used_; }
  SlotIndex capacity() const noexcept { return capacity_; }

 private:
  union Cell {
    Cell() noexcept {}
    T value;
    SlotIndex next_free;
  };
  Cell& cell(SlotIndex slot) noexcept { return cells_[slot]; }
  const Cell& cell(SlotIndex slot) const noexcept { return cells_[slot]; }

  SlotIndex capacity_;
  LazyArray<Cell> cells_;
  SlotIndex free_ = kNoSlot;
  SlotIndex touched_ = 0;
  SlotIndex used_ = 0;
};

}  // namespace sekimori
