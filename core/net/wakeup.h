#pragma once

namespace sekimori {

// Wakes a thread that polls: an event descriptor that stays readable from ring() until clear().
// Both may be called from any thread; ring() also from a signal handler.
class Wakeup {
 public:
  Wakeup() noexcept;
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  ~Wakeup();

  bool good() const noexcept { return descriptor_ >= 0; }  // false: no descriptor was to be had
  int descriptor() const noexcept { return descriptor_; }
  void ring() const noexcept;
  void clear() const noexcept;

 private:
  int descriptor_;
};

// Leaves all signals to the program's other threads. For the first line of a thread of ours.
void block_signals() noexcept;

}  // namespace sekimori
