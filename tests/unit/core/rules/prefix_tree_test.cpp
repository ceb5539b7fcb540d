#include "core/rules/prefix_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace sekimori {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAreArray;

std::vector<std::uint32_t> found(const PrefixTree& tree, std::string_view text) {
  std::vector<std::uint32_t> values;
  tree.visit(text, [&](std::uint32_t value) { values.push_back(value); });
  return values;
}

TEST(PrefixTree, FindsEveryPrefixOfAText) {
  const PrefixTree tree{{{"moc.a", 1}, {"moc", 2}, {"moc.ab", 3}, {"moc", 4}, {"ten", 5}, {"", 6}}};
  EXPECT_THAT(found(tree, "moc.abc"), ElementsAre(2, 4, 1, 3));
  EXPECT_THAT(found(tree, "moc.ab"), ElementsAre(2, 4, 1, 3));
  EXPECT_THAT(found(tree, "moc.x"), ElementsAre(2, 4));
  EXPECT_THAT(found(tree, "mo"), ElementsAre());
  EXPECT_THAT(found(tree, ""), ElementsAre());
  EXPECT_THAT(found(tree, "\xff"), ElementsAre());
  EXPECT_TRUE(PrefixTree{}.empty());
  EXPECT_THAT(found(PrefixTree{}, "a"), ElementsAre());
}

TEST(PrefixTree, AgreesWithASearchThroughAll) {
  std::mt19937 random{7};
  const auto text = [&](std::size_t longest) {
    std::string made;
    for (std::size_t size = random() % (longest + 1); made.size() < size;) {
      made.push_back("ab\0\xff"[random() % 4]);
    }
    return made;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<PrefixTree::Entry> entries;
    for (auto value = static_cast<std::uint32_t>(random() % 30); value > 0; --value) {
      entries.push_back({text(6), value});
    }
    const PrefixTree tree{entries};
    for (int asked = 0; asked < 20; ++asked) {
      const std::string one = text(9);
      std::vector<std::uint32_t> expected;
      for (const auto& entry : entries) {
        if (!entry.prefix.empty() && one.starts_with(entry.prefix)) expected.push_back(entry.value);
      }
      EXPECT_THAT(found(tree, one), UnorderedElementsAreArray(expected));
    }
  }
}

}  // namespace
}  // namespace sekimori
