#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <optional>
#include <string_view>

namespace sekimori {

// ISO 3166-1 alpha-2, upper case, by value; default: unknown.
class CountryCode {
 public:
  constexpr CountryCode() noexcept = default;
  // Two ASCII letters, either case; whether the code is assigned is not asked.
  static constexpr std::optional<CountryCode> parse(std::string_view text) noexcept {
    if (text.size() != 2) return std::nullopt;
    CountryCode code;
    for (std::size_t at = 0; at < 2; ++at) {
      const bool lower = text[at] >= 'a' && text[at] <= 'z';
      const char upper = lower ? static_cast<char>(text[at] - 'a' + 'A') : text[at];
      if (upper < 'A' || upper > 'Z') return std::nullopt;
      code.letters_[at] = upper;
    }
    return code;
  }

  constexpr explicit operator bool() const noexcept { return letters_[0] != '\0'; }
  constexpr std::string_view text() const noexcept { return {letters_.data(), *this ? 2U : 0U}; }
  friend constexpr auto operator<=>(const CountryCode&, const CountryCode&) noexcept = default;

 private:
  std::array<char, 2> letters_{};
};

// Whether the code stands for a country: EU, AP, UK, XX and ZZ, which are met in databases and
// forms, do not, and a country can be compared with none of them.
bool is_assigned(CountryCode country) noexcept;

}  // namespace sekimori
