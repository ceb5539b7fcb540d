#include "core/text/secret_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sekimori {
namespace {

using testing::HasSubstr;

class SecretFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/secret_file.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    path_ = directory_ + "/token";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  mode_t mode() const {
    struct stat status {};
    EXPECT_EQ(::stat(path_.c_str(), &status), 0);
    return status.st_mode & 07777U;
  }
  void write(std::string_view text, mode_t mode) const {
    std::ofstream{path_} << text;
    ::chmod(path_.c_str(), mode);
  }
  std::string directory_;
  std::string path_;
};

TEST_F(SecretFile, IsItsOwnersAloneWhateverTheUmask) {
  const mode_t before = ::umask(0);
  ASSERT_TRUE(write_secret_file(path_, "hush"));
  EXPECT_EQ(mode(), 0600U);
  ::umask(0377);
  path_ += ".2";
  ASSERT_TRUE(write_secret_file(path_, "hush"));
  ::umask(before);
  EXPECT_EQ(mode(), 0600U);
  const auto line = read_secret_file(path_);
  ASSERT_TRUE(line);
  EXPECT_EQ(*line, "hush");
}

TEST_F(SecretFile, APublicOneIsForEveryone) {
  const mode_t before = ::umask(077);
  ASSERT_TRUE(write_public_file(path_, "open"));
  ::umask(before);
  EXPECT_EQ(mode(), 0644U);
}

TEST_F(SecretFile, NothingIsOverwritten) {
  write("before\n", 0600);
  const auto written = write_secret_file(path_, "after");
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().text(), HasSubstr("token: exists already and is not overwritten"));
  EXPECT_EQ(*read_secret_file(path_), "before");
}

TEST_F(SecretFile, NoLinkIsFollowedWhenWriting) {
  std::filesystem::create_symlink(directory_ + "/elsewhere", path_);
  EXPECT_FALSE(write_secret_file(path_, "hush"));
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/elsewhere"));
}

TEST_F(SecretFile, RefusesOneThatOthersMayUse) {
  for (const mode_t mode : {0620U, 0604U, 0610U, 0602U, 0644U}) {
    write("hush\n", mode);
    const auto line = read_secret_file(path_);
    ASSERT_FALSE(line) << mode;
    EXPECT_THAT(line.error().text(), HasSubstr("(chmod 600 " + path_ + ")"));
  }
}

TEST_F(SecretFile, OnlyRootMayLetAGroupRead) {
  write("hush\n", 0640);
  EXPECT_EQ(read_secret_file(path_).has_value(), ::geteuid() == 0);
  if (::geteuid() != 0) return;
  constexpr uid_t nobody = 65534;
  ASSERT_EQ(::chown(path_.c_str(), nobody, nobody), 0);
  EXPECT_FALSE(read_secret_file(path_));
}

TEST_F(SecretFile, RefusesWhatIsNotOneLine) {
  const std::string longest(1024, 'x');
  write(longest + "\n", 0600);
  EXPECT_EQ(*read_secret_file(path_), longest);
  for (const std::string& text :
       {std::string{}, std::string{"\n"}, std::string{"one\ntwo\n"}, longest + "x\n"}) {
    write(text, 0600);
    EXPECT_FALSE(read_secret_file(path_)) << text.size();
  }
  write("with carriage return\r\n", 0600);
  EXPECT_EQ(*read_secret_file(path_), "with carriage return");
}

TEST_F(SecretFile, RefusesWhatIsNotAFile) {
  EXPECT_THAT(read_secret_file(path_).error().text(), HasSubstr("No such file"));
  EXPECT_THAT(read_secret_file(directory_).error().text(), HasSubstr("not a regular file"));
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(read_secret_file(path_).error().text(), HasSubstr("not a regular file"));
  EXPECT_FALSE(write_secret_file(directory_ + "/none/token", "hush"));
}

}  // namespace
}  // namespace sekimori
