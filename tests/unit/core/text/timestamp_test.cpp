#include "core/text/timestamp.h"

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using namespace std::chrono_literals;

Timestamp at(std::int64_t seconds, std::int64_t nanoseconds = 0) {
  return Timestamp{std::chrono::seconds{seconds} + std::chrono::nanoseconds{nanoseconds}};
}

TEST(Timestamp, ReadsRfc3339) {
  struct Case {
    std::string_view text;
    Timestamp expected;
  };
  // Seconds by `date -u -d TEXT +%s`.
  const Case cases[] = {
      {"2024-03-26T01:02:03Z", at(1711414923)},
      {"2024-03-26t01:02:03z", at(1711414923)},
      {"2024-03-26 10:02:03+09:00", at(1711414923)},
      {"2024-03-25T17:32:03-07:30", at(1711414923)},
      {"2024-03-26T01:02:03.456Z", at(1711414923, 456'000'000)},
      {"2024-03-26T01:02:03.1234567899Z", at(1711414923, 123'456'789)},
      {"2016-12-31T23:59:60Z", at(1483228800)},
      {"1969-12-31T23:59:59.5Z", at(-1, 500'000'000)},
      {"2024-02-29T00:00:00Z", at(1709164800)},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.text);
    const auto time = parse_rfc3339(row.text);
    ASSERT_TRUE(time);
    EXPECT_EQ(*time, row.expected);
  }
}

TEST(Timestamp, RefusesWhatIsNotAMoment) {
  for (const std::string_view text :
       {"", "2024-03-26", "2024-03-26T01:02:03", "2024-13-01T00:00:00Z", "2023-02-29T00:00:00Z",
        "2024-03-26T24:00:00Z", "2024-03-26T01:60:00Z", "2024-03-26T01:02:61Z",
        "2024-03-26T01:02:03.Z", "2024-03-26T01:02:03Zx", "2024-03-26T01:02:03+9:00",
        "2024-03-26T01:02:03+24:00", "0000-01-01T00:00:00Z", "2300-01-01T00:00:00Z", "1711414923",
        "2024-03-26T01:02:03 Z"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(parse_rfc3339(text));
  }
}

TEST(Timestamp, NoPrefixIsAMoment) {
  const std::string_view whole = "2024-03-26T01:02:03.456+09:00";
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_rfc3339(whole.substr(0, size))) << size;
}

TEST(Timestamp, PrintsMicrosecondsRoundedDown) {
  EXPECT_EQ(format_rfc3339(at(1711414923, 456'789'999)).view(), "2024-03-26T01:02:03.456789Z");
  EXPECT_EQ(format_rfc3339(at(-1, 999'999'999)).view(), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_rfc3339(at(0)).view(), "1970-01-01T00:00:00.000000Z");
}

// date -u -d @-9223372037, @9223372036
TEST(Timestamp, PrintsTheFirstAndTheLastMoment) {
  EXPECT_EQ(format_rfc3339(Timestamp::min()).view(), "1677-09-21T00:12:43.145224Z");
  EXPECT_EQ(format_rfc3339(Timestamp::max()).view(), "2262-04-11T23:47:16.854775Z");
}

}  // namespace
}  // namespace sekimori
