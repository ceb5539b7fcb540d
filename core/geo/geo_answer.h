#pragma once

#include <cstdint>
#include <optional>

#include "core/bytes/inline_text.h"
#include "core/net/country.h"

namespace sekimori {

// One bit each, so that "the database has no such flag" and "it has, and it is false" stay apart.
enum class Anonymity : std::uint8_t {
  anonymous = 1,
  vpn = 2,
  hosting = 4,
  public_proxy = 8,
  residential_proxy = 16,
  tor_exit = 32,
};

class AnonymityFlags {
 public:
  static constexpr std::uint8_t kAll = 63;

  constexpr void set(Anonymity flag, bool value) noexcept {
    known_ = static_cast<std::uint8_t>(known_ | bit(flag));
    if (value) set_ = static_cast<std::uint8_t>(set_ | bit(flag));
  }
  // These flags are known as false unless set otherwise.
  constexpr void know(std::uint8_t flags) noexcept {
    known_ = static_cast<std::uint8_t>(known_ | (flags & kAll));
  }
  // Two sources: a flag that either one raises is raised.
  constexpr void merge(const AnonymityFlags& other) noexcept {
    known_ = static_cast<std::uint8_t>(known_ | other.known_);
    set_ = static_cast<std::uint8_t>(set_ | other.set_);
  }
  constexpr std::optional<bool> get(Anonymity flag) const noexcept {
    if ((known_ & bit(flag)) == 0) return std::nullopt;
    return (set_ & bit(flag)) != 0;
  }
  constexpr std::uint8_t known() const noexcept { return known_; }

  friend constexpr bool operator==(const AnonymityFlags&, const AnonymityFlags&) = default;

 private:
  static constexpr std::uint8_t bit(Anonymity flag) noexcept {
    return static_cast<std::uint8_t>(flag);
  }

  std::uint8_t known_ = 0;
  std::uint8_t set_ = 0;
};

// What one database says of one address, by value. Absent and empty mean that it says nothing.
struct GeoAnswer {
  CountryCode country;             // where the address is used
  CountryCode registered_country;  // where its block is registered; never a location
  InlineText<2> continent;
  InlineText<64> city;              // English
  std::optional<double> latitude;   // degrees, north positive; both coordinates or neither
  std::optional<double> longitude;  // degrees, east positive
  std::optional<std::uint32_t> accuracy_radius_km;  // two thirds of addresses lie inside
  std::uint32_t as_number = 0;                      // 0: unknown
  InlineText<96> as_organization;
  InlineText<96> isp;
  InlineText<32> connection_type;  // in the database's words: "Cellular"
  InlineText<32> user_type;        // in the database's words: "residential"
  AnonymityFlags anonymity;
  std::optional<bool> is_anycast;
  std::optional<bool> is_satellite;

  friend bool operator==(const GeoAnswer&, const GeoAnswer&) = default;
};

}  // namespace sekimori
