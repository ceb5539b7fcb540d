#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <type_traits>

namespace sekimori {

// At most N items, held in place. What does not fit is left out, and was_cut() says so for good.
template <typename T, std::size_t N>
class InlineList {
  static_assert(N <= 255, "the count is one byte");
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  void push_back(const T& item) noexcept {
    if (size_ == N) {
      cut_ = true;
      return;
    }
    new (&bytes_[sizeof(T) * size_++]) T{item};
  }
  constexpr void clear() noexcept { size_ = 0, cut_ = false; }

  std::span<const T> view() const noexcept {
    return {std::launder(reinterpret_cast<const T*>(bytes_.data())), size_};
  }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool was_cut() const noexcept { return cut_; }
  static constexpr std::size_t capacity() noexcept { return N; }

 private:
  // Room, not items: what is not used is neither cleared nor touched.
  alignas(T) std::array<std::byte, sizeof(T) * N> bytes_;
  std::uint8_t size_ = 0;
  bool cut_ = false;
};

}  // namespace sekimori
