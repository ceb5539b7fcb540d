#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sekimori {

// At most N items, held in place. What does not fit is left out, and was_cut() says so for good.
template <typename T, std::size_t N>
class InlineList {
  static_assert(N <= 255, "the count is one byte");

 public:
  constexpr void push_back(const T& item) noexcept {
    if (size_ == N) {
      cut_ = true;
      return;
    }
    items_[size_++] = item;
  }
  constexpr void clear() noexcept { size_ = 0, cut_ = false; }

  constexpr std::span<const T> view() const noexcept { return std::span{items_}.first(size_); }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool was_cut() const noexcept { return cut_; }
  static constexpr std::size_t capacity() noexcept { return N; }

 private:
  std::array<T, N> items_{};
  std::uint8_t size_ = 0;
  bool cut_ = false;
};

}  // namespace sekimori
