#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace sekimori {

// Text of at most N bytes, held in place: a record crosses threads without an allocation.
// What does not fit is cut at N, and was_cut() says so for good.
template <std::size_t N>
class InlineText {
  static_assert(N <= 255, "the length is one byte");

 public:
  // What lies behind the text stays as it was: a record is mostly room that is not used, and
  // clearing it costs more than filling in what is said.
  constexpr InlineText() noexcept {
    if (std::is_constant_evaluated()) chars_.fill('\0');
  }
  constexpr InlineText(std::string_view text) noexcept : InlineText{} {
    assign(text);
  }  // NOLINT(google-explicit-constructor)

  constexpr void assign(std::string_view text) noexcept {
    size_ = 0;
    cut_ = false;
    append(text);
  }
  constexpr void append(std::string_view text) noexcept {
    const std::size_t room = std::min(text.size(), N - size_);
    std::copy_n(text.begin(), room, chars_.begin() + size_);
    size_ = static_cast<std::uint8_t>(size_ + room);
    cut_ = cut_ || room < text.size();
  }
  constexpr void push_back(char one) noexcept { append(std::string_view{&one, 1}); }
  constexpr void clear() noexcept { assign({}); }

  constexpr std::string_view view() const noexcept { return {chars_.data(), size_}; }
  constexpr operator std::string_view() const noexcept {
    return view();
  }  // NOLINT(google-explicit-constructor)
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool was_cut() const noexcept { return cut_; }
  static constexpr std::size_t capacity() noexcept { return N; }

  friend constexpr bool operator==(const InlineText& left, std::string_view right) noexcept {
    return left.view() == right;
  }
  friend constexpr bool operator==(const InlineText& left, const InlineText& right) noexcept {
    return left.view() == right.view();
  }

 private:
  std::array<char, N> chars_;
  std::uint8_t size_ = 0;
  bool cut_ = false;
};

}  // namespace sekimori
