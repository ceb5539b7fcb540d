#include "core/net/curve_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sekimori {
namespace {

using testing::HasSubstr;

// rfc.zeromq.org/spec/26, "Test Vectors": the server's public key and the client's secret key.
constexpr std::string_view kPublic = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
constexpr std::string_view kSecret = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";

class CurveKeyFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/curve_key.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string write(const std::string& name, std::string_view text, mode_t mode = 0644) {
    const std::string path = directory_ + "/" + name;
    std::ofstream{path} << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  std::string directory_;
};

TEST(CurveKey, IsTheTextOfThirtyTwoBytes) {
  EXPECT_TRUE(is_curve_key(kPublic));
  EXPECT_TRUE(is_curve_key(kSecret));
  EXPECT_TRUE(is_curve_key("%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0"));   // all bits set
  EXPECT_FALSE(is_curve_key("%nSc1%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0"));  // one more
  EXPECT_FALSE(is_curve_key(kPublic.substr(1)));
  EXPECT_FALSE(is_curve_key(std::string{kPublic} + "0"));
  EXPECT_FALSE(is_curve_key("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf~"));
  EXPECT_FALSE(is_curve_key(""));
}

TEST_F(CurveKeyFiles, APublicKeyIsARegularFile) {
  const std::string fifo = directory_ + "/collector.pub";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  for (const std::string& path : {fifo, directory_, directory_ + "/none"}) {
    SCOPED_TRACE(path);
    const auto key = read_public_key(path);  // a reader that opened the fifo would not return
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().file, path);
  }
}

TEST(CurveKey, SensorNamesArePlain) {
  for (const std::string_view name : {"tokyo-1", "a", "Edge_2.lan"}) {
    EXPECT_TRUE(is_sensor_name(name)) << name;
  }
  for (const std::string_view name : {"", ".pub", "-x", "a b", "a/b", "t\xc3\xb6"}) {
    EXPECT_FALSE(is_sensor_name(name)) << name;
  }
  EXPECT_TRUE(is_sensor_name(std::string(64, 'a')));
  EXPECT_FALSE(is_sensor_name(std::string(65, 'a')));
}

TEST_F(CurveKeyFiles, ReadsWhatKeysWrites) {
  const auto open = read_public_key(write("s.pub", std::string{kPublic} + "\n"));
  ASSERT_TRUE(open);
  EXPECT_EQ(open->view(), kPublic);
  const auto secret = read_secret_key(write("s.key", std::string{kSecret} + "\n", 0600));
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->view(), kSecret);
}

TEST_F(CurveKeyFiles, RefusesASecretThatOthersMayRead) {
  for (const mode_t mode : {0604U, 0620U, 0644U}) {
    const auto secret = read_secret_key(write("s.key", kSecret, mode));
    ASSERT_FALSE(secret) << mode;
    EXPECT_THAT(secret.error().text(), HasSubstr("chmod 600 "));
  }
}

TEST_F(CurveKeyFiles, ComplainsWithoutRepeatingAKey) {
  const std::string almost = std::string{kSecret} + "x";
  const auto secret = read_secret_key(write("s.key", almost, 0600));
  ASSERT_FALSE(secret);
  EXPECT_THAT(secret.error().text(), HasSubstr("s.key: holds no key"));
  EXPECT_THAT(secret.error().text(), testing::Not(HasSubstr(almost.substr(0, 10))));
  EXPECT_FALSE(read_public_key(directory_ + "/none.pub"));
  EXPECT_FALSE(read_public_key(write("empty.pub", "")));
}

TEST_F(CurveKeyFiles, ASensorMayHaveTwoKeysWhileItChanges) {
  const std::string both = std::string{kPublic} + "\n" + std::string{kSecret} + "\n";
  write("tokyo-1.pub", both);
  const auto sensors = read_allowed_sensors(directory_);
  ASSERT_TRUE(sensors);
  ASSERT_EQ(sensors->size(), 2U);
  EXPECT_EQ(sensors->at(0).name, "tokyo-1");
  EXPECT_EQ(sensors->at(1).name, "tokyo-1");
  EXPECT_EQ(sensors->at(1).key, kSecret);
  const auto one = read_public_key(directory_ + "/tokyo-1.pub");
  ASSERT_FALSE(one);
  EXPECT_THAT(one.error().text(), HasSubstr("holds more than 1 key"));
  write("tokyo-1.pub", both + both);
  EXPECT_FALSE(read_allowed_sensors(directory_));
}

TEST_F(CurveKeyFiles, ReadsAnAllowListInOrderOfName) {
  write("tokyo-2.pub", kSecret);
  write("tokyo-1.pub", kPublic);
  write("README", "not a key");
  const auto sensors = read_allowed_sensors(directory_);
  ASSERT_TRUE(sensors);
  ASSERT_EQ(sensors->size(), 2U);
  EXPECT_EQ(sensors->at(0).name, "tokyo-1");
  EXPECT_EQ(sensors->at(0).key, kPublic);
  EXPECT_EQ(sensors->at(1).name, "tokyo-2");
}

TEST_F(CurveKeyFiles, ComplainsOfEachFileOfAnAllowList) {
  write("a.pub", kPublic);
  write("b.pub", kPublic);
  write("c d.pub", kSecret);
  write("e.pub", "nothing");
  const auto sensors = read_allowed_sensors(directory_);
  ASSERT_FALSE(sensors);
  ASSERT_EQ(sensors.error().size(), 3U);
  EXPECT_THAT(sensors.error()[0].text(), HasSubstr("b.pub: has the same key as 'a'"));
  EXPECT_THAT(sensors.error()[1].text(), HasSubstr("c d.pub: a sensor cannot have this name"));
  EXPECT_THAT(sensors.error()[2].text(), HasSubstr("e.pub: holds no key"));
  EXPECT_FALSE(read_allowed_sensors(directory_ + "/none"));
}

}  // namespace
}  // namespace sekimori
