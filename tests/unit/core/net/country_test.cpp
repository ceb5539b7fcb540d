#include "core/net/country.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

namespace sekimori {
namespace {

TEST(CountryCode, IsAssignedAsTheStandardSays) {
  std::set<std::string> assigned{"XK"};
  std::ifstream file{"tests/geo/iso_3166_1.txt"};
  for (std::string line; file >> line;) assigned.insert(line);
  ASSERT_EQ(assigned.size(), 250U);
  for (char first = 'A'; first <= 'Z'; ++first) {
    for (char second = 'A'; second <= 'Z'; ++second) {
      const std::string text{first, second};
      EXPECT_EQ(is_assigned(*CountryCode::parse(text)), assigned.contains(text)) << text;
    }
  }
  EXPECT_FALSE(is_assigned({}));
}

}  // namespace
}  // namespace sekimori
