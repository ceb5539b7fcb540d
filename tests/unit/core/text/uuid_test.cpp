#include "core/text/uuid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori {
namespace {

TEST(Uuid, HasItsVersionAndVariant) {
  std::array<std::uint8_t, 16> bytes{};
  EXPECT_EQ(uuid_of(bytes, 8), "00000000-0000-8000-8000-000000000000");
  bytes.fill(0xff);
  EXPECT_EQ(uuid_of(bytes, 4), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST(Uuid, RandomOnesDiffer) {
  const std::string one = random_uuid();
  EXPECT_THAT(one,
              testing::MatchesRegex("[0-9a-f]+-[0-9a-f]+-4[0-9a-f]+-[89ab][0-9a-f]+-[0-9a-f]+"));
  EXPECT_EQ(one.size(), 36U);
  EXPECT_NE(one, random_uuid());
}

TEST(YamlQuoted, DoublesItsQuotes) {
  EXPECT_EQ(yaml_quoted("it's 'ours': # yes"), "'it''s ''ours'': # yes'");
}

}  // namespace
}  // namespace sekimori
