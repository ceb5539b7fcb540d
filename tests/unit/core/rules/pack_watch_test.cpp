#include "core/rules/pack_watch.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/core/rules/pack_folder.h"

namespace sekimori {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class PackWatchTest : public PackFolder {
 protected:
  void SetUp() override {
    PackFolder::SetUp();
    write("rules/a.yml", "a");
    write("rules/sub/b.yml", "b");
    write("regions.yaml", "r");
    write("neighbour", "n");
    const auto complaints = follow();
    ASSERT_TRUE(complaints.empty()) << complaints.front().text();
  }
  std::vector<Complaint> follow() { return watch_.follow({path("rules"), path("regions.yaml")}); }

  PackWatch watch_;
};

TEST_F(PackWatchTest, TellsOfEveryKindOfChangeOnce) {
  struct Case {
    std::string what;
    std::function<void()> change;
  };
  const Case cases[] = {
      {"a rule written", [&] { write("rules/a.yml", "a2"); }},
      {"a rule in a folder below", [&] { write("rules/sub/b.yml", "b2"); }},
      {"a rule made", [&] { write("rules/sub/c.yml", "c"); }},
      {"a rule moved", [&] { fs::rename(path("rules/sub/c.yml"), path("rules/c.yml")); }},
      {"a rule removed", [&] { fs::remove(path("rules/c.yml")); }},
      {"permissions", [&] { fs::permissions(path("rules/a.yml"), fs::perms::owner_read); }},
      {"the regions", [&] { write("regions.yaml", "r2"); }},
      {"the regions replaced",
       [&] {
         write("regions.new", "r3");
         fs::rename(path("regions.new"), path("regions.yaml"));
       }},
      {"a folder made", [&] { fs::create_directory(path("rules/more")); }},
      {"a rule in it", [&] { write("rules/more/d.yml", "d"); }},
      {"the whole folder replaced",
       [&] {
         fs::create_directory(path("rules.new"));
         fs::rename(path("rules"), path("rules.old"));
         fs::rename(path("rules.new"), path("rules"));
       }},
      {"a rule in the new one", [&] { write("rules/e.yml", "e"); }},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    one.change();
    EXPECT_TRUE(watch_.changed(3s));
    ASSERT_TRUE(follow().empty());
    EXPECT_FALSE(watch_.changed(2 * PackWatch::kQuiet));
  }
}

TEST_F(PackWatchTest, WhatIsNoPartOfThePackIsNoChange) {
  write("neighbour", "n2");
  fs::create_directory(path("other"));
  EXPECT_FALSE(watch_.changed(2 * PackWatch::kQuiet));
}

TEST_F(PackWatchTest, ManyWritesAreOneChange) {
  const auto began = std::chrono::steady_clock::now();
  int told = 0;
  for (int number = 0; number < 10; ++number) {
    write("rules/n" + std::to_string(number) + ".yml", "x");
    told += watch_.changed(PackWatch::kQuiet / 10) ? 1 : 0;
  }
  const bool swift = std::chrono::steady_clock::now() - began < PackWatch::kPatience;
  told += watch_.changed(3s) ? 1 : 0;
  if (swift) {
    EXPECT_LE(told, 2);  // a stalled machine may see a pause
  }
  EXPECT_GE(told, 1);
  EXPECT_FALSE(watch_.changed(2 * PackWatch::kQuiet));
}

TEST_F(PackWatchTest, WritingWithoutAnEndIsAChangeToo) {
  const auto began = std::chrono::steady_clock::now();
  bool told = false;
  while (!told && std::chrono::steady_clock::now() - began < 3 * PackWatch::kPatience) {
    write("rules/a.yml", "again");
    told = watch_.changed(PackWatch::kQuiet / 10);
  }
  EXPECT_TRUE(told);
}

TEST_F(PackWatchTest, ComplainsOfWhatCannotBeWatched) {
  const auto complaints = watch_.follow({path("none/rules"), ""});
  ASSERT_EQ(complaints.size(), 2U);
  EXPECT_NE(complaints[0].text().find("SIGHUP"), std::string::npos);
}

}  // namespace
}  // namespace sekimori
