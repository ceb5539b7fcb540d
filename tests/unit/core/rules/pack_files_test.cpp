#include "core/rules/pack_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/core/rules/pack_folder.h"

namespace sekimori {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;

using PackFilesTest = PackFolder;

TEST_F(PackFilesTest, WithoutAFolderThereAreNoRulesAndNoHash) {
  const auto pack = load_pack(PackFiles{}, {sensor_fields(), {}});
  ASSERT_TRUE(pack);
  EXPECT_TRUE(pack->rules().empty());
  EXPECT_TRUE(pack->hash().empty());
}

TEST_F(PackFilesTest, RegionsArePartOfThePack) {
  write("rules/a.yml", rule("aa", "'%near%'"));
  write("regions.yaml", "regions: {near: [x, y]}\n");
  EXPECT_FALSE(load_pack(PackFiles{path("rules"), path("none.yaml")}, {sensor_fields(), {}}));
  const auto pack =
      load_pack(PackFiles{path("rules"), path("regions.yaml")}, {session_fields(), {}});
  ASSERT_FALSE(pack);  // the placeholder is known, and wants |expand
  EXPECT_THAT(pack.error().front().text(), HasSubstr("expand"));
}

TEST_F(PackFilesTest, WhatIsOursBelongsToNoStranger) {
  write("rules/a.yml", rule("aa"));
  write("regions.yaml", "regions: {near: [x]}\n");
  EXPECT_TRUE(strangers_files({path("rules"), path("regions.yaml")}).empty());
  EXPECT_TRUE(strangers_files({path("none"), ""}).empty());  // complained of when it is loaded
}

TEST_F(PackFilesTest, EachFileOfAStrangerIsNamedAndAFolderOnce) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  constexpr uid_t kStranger = 54321;
  write("rules/a.yml", rule("aa"));
  write("rules/notes.txt", "no part of the pack");
  write("rules/sub/b.yml", rule("bb"));
  write("regions.yaml", "regions: {near: [x]}\n");
  const auto give_away = [&](const std::string& name) {
    ASSERT_EQ(::chown(path(name).c_str(), kStranger, static_cast<gid_t>(-1)), 0);
  };
  give_away("rules/notes.txt");
  const PackFiles files{path("rules"), path("regions.yaml")};
  EXPECT_TRUE(strangers_files(files).empty());
  give_away("regions.yaml");
  give_away("rules/sub/b.yml");
  auto complaints = strangers_files(files);
  ASSERT_EQ(complaints.size(), 2U);
  EXPECT_THAT(complaints[0].file, EndsWith("sub/b.yml"));
  EXPECT_THAT(complaints[0].what, HasSubstr("54321"));
  EXPECT_THAT(complaints[1].file, EndsWith("regions.yaml"));
  give_away("rules");
  EXPECT_EQ(strangers_files(files).size(), 2U);  // the folder stands for all in it
  // What a link leads to counts.
  write("elsewhere.yml", rule("cc"));
  give_away("elsewhere.yml");
  fs::create_directory(path("linked"));
  fs::create_symlink(path("elsewhere.yml"), path("linked/c.yml"));
  complaints = strangers_files({path("linked"), ""});
  ASSERT_EQ(complaints.size(), 1U);
  EXPECT_THAT(complaints[0].file, EndsWith("linked/c.yml"));
}

}  // namespace
}  // namespace sekimori
