#include "core/text/timestamp.h"

#include <array>
#include <charconv>

namespace sekimori {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr int kFirstYear = 1678;
constexpr int kLastYear = 2261;

void append_padded(Rfc3339Text& out, std::int64_t value, std::size_t width) noexcept {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const auto size = static_cast<std::size_t>(end - digits.data());
  for (std::size_t i = size; i < width; ++i) out.push_back('0');
  out.append(std::string_view{digits.data(), size});
}

// Reads fixed-width fields from the front; a failure sticks.
struct Reader {
  std::string_view rest;
  bool good = true;

  int digits(std::size_t count) noexcept {
    if (!good || rest.size() < count) return fail();
    int value = 0;
    for (const char one : rest.substr(0, count)) {
      if (one < '0' || one > '9') return fail();
      value = value * 10 + (one - '0');
    }
    rest.remove_prefix(count);
    return value;
  }
  char any_of(std::string_view wanted) noexcept {
    if (!good || rest.empty() || wanted.find(rest.front()) == std::string_view::npos) {
      good = false;
      return '\0';
    }
    const char found = rest.front();
    rest.remove_prefix(1);
    return found;
  }
  nanoseconds fraction() noexcept {
    if (!good || rest.empty() || rest.front() != '.') return nanoseconds{0};
    rest.remove_prefix(1);
    std::int64_t value = 0;
    std::int64_t scale = 1'000'000'000;
    std::size_t count = 0;
    for (; count < rest.size() && rest[count] >= '0' && rest[count] <= '9'; ++count) {
      if (scale == 1) continue;
      scale /= 10;
      value += (rest[count] - '0') * scale;
    }
    good = count > 0;
    rest.remove_prefix(count);
    return nanoseconds{value};
  }
  seconds offset() noexcept {
    const char sign = any_of("Zz+-");
    if (!good || sign == 'Z' || sign == 'z') return seconds{0};
    const int hour = digits(2);
    any_of(":");
    const int minute = digits(2);
    if (hour > 23 || minute > 59) good = false;
    const seconds size = hours{hour} + minutes{minute};
    return sign == '-' ? -size : size;
  }

 private:
  int fail() noexcept {
    good = false;
    return 0;
  }
};

}  // namespace

Rfc3339Text format_rfc3339(Timestamp time) noexcept {
  // In microseconds first: the day on which nanoseconds begin begins before them.
  const auto rounded = std::chrono::floor<std::chrono::microseconds>(time);
  const auto day = std::chrono::floor<days>(rounded);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{rounded - day};
  Rfc3339Text out;
  append_padded(out, static_cast<int>(date.year()), 4);
  out.push_back('-');
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out.push_back('-');
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out.push_back('T');
  append_padded(out, clock.hours().count(), 2);
  out.push_back(':');
  append_padded(out, clock.minutes().count(), 2);
  out.push_back(':');
  append_padded(out, clock.seconds().count(), 2);
  out.push_back('.');
  append_padded(out, clock.subseconds().count(), 6);
  out.push_back('Z');
  return out;
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) noexcept {
  Reader reader{text};
  const int year = reader.digits(4);
  reader.any_of("-");
  const int month = reader.digits(2);
  reader.any_of("-");
  const int day = reader.digits(2);
  reader.any_of("Tt ");
  const int hour = reader.digits(2);
  reader.any_of(":");
  const int minute = reader.digits(2);
  reader.any_of(":");
  const int second = reader.digits(2);
  const nanoseconds fraction = reader.fraction();
  const seconds offset = reader.offset();
  if (!reader.good || !reader.rest.empty()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (year < kFirstYear || year > kLastYear || !date.ok()) return std::nullopt;
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return Timestamp{std::chrono::sys_days{date}} + hours{hour} + minutes{minute} + seconds{second} +
         fraction - offset;
}

}  // namespace sekimori
