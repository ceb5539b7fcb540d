#include "core/rules/modifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori {
namespace {

TEST(Modifier, KnowsEachWord) {
  EXPECT_EQ(modifier_words().size(), 31U);
  for (const std::string_view word : modifier_words()) {
    const auto modifier = modifier_of(word);
    ASSERT_TRUE(modifier) << word;
    EXPECT_EQ(word_of(*modifier), word);
  }
  EXPECT_FALSE(modifier_of("Contains"));
  EXPECT_FALSE(modifier_of(""));
}

TEST(TimePart, ReadsAMomentInUtc) {
  struct Case {
    std::string_view moment;
    std::uint64_t minute, hour, day, week, month, year;  // week: of ISO 8601
  };
  const Case cases[] = {{"2024-03-26T23:59:30+09:00", 59, 14, 26, 13, 3, 2024},
                        {"2024-12-30T00:00:00Z", 0, 0, 30, 1, 12, 2024},
                        {"2021-01-03T23:00:00Z", 0, 23, 3, 53, 1, 2021},
                        {"2020-12-31T12:01:00Z", 1, 12, 31, 53, 12, 2020},
                        {"2016-01-01T00:00:00Z", 0, 0, 1, 53, 1, 2016},
                        {"1969-12-31T23:59:59Z", 59, 23, 31, 1, 12, 1969}};
  for (const Case& row : cases) {
    SCOPED_TRACE(row.moment);
    const auto time = *parse_rfc3339(row.moment);
    EXPECT_EQ(read_part(time, TimePart::minute), row.minute);
    EXPECT_EQ(read_part(time, TimePart::hour), row.hour);
    EXPECT_EQ(read_part(time, TimePart::day), row.day);
    EXPECT_EQ(read_part(time, TimePart::week), row.week);
    EXPECT_EQ(read_part(time, TimePart::month), row.month);
    EXPECT_EQ(read_part(time, TimePart::year), row.year);
  }
}

}  // namespace
}  // namespace sekimori
