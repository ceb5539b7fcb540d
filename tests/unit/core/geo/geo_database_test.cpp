#include "core/geo/geo_database.h"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using namespace std::string_view_literals;

// Written by tests/geo/make_test_databases.pl, that is by MaxMind's writer.
GeoDatabase open_test(std::string_view name) {
  auto database = GeoDatabase::open("tests/geo/" + std::string{name} + ".mmdb");
  EXPECT_TRUE(database) << (database ? "" : database.error().text());
  return std::move(*database);
}

GeoAnswer find(const GeoDatabase& database, std::string_view address) {
  return database.find(*IpAddress::parse(address));
}

// A file of this test's own, gone with it.
class ScratchFile {
 public:
  explicit ScratchFile(std::string_view bytes)
      : path_{std::filesystem::temp_directory_path() /
              ("sekimori_geo_" + std::to_string(::getpid()) + ".mmdb")} {
    std::ofstream{path_, std::ios::binary} << bytes;
  }
  ~ScratchFile() { std::filesystem::remove(path_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string bytes_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

TEST(GeoDatabase, FindsCountriesOfBothVersions) {
  const GeoDatabase database = open_test("country");
  EXPECT_EQ(find(database, "153.129.44.17").country.text(), "JP");
  EXPECT_EQ(find(database, "113.239.176.14").country.text(), "CN");
  EXPECT_EQ(find(database, "2408:8214:a10:3c00::15").country.text(), "CN");
  EXPECT_EQ(find(database, "45.32.40.10").registered_country.text(), "US");
  EXPECT_EQ(find(database, "10.0.0.1"), GeoAnswer{});
  EXPECT_EQ(find(database, "2001:db8::1"), GeoAnswer{});
  EXPECT_EQ(database.find(IpAddress{}), GeoAnswer{});
  EXPECT_EQ(database.corrupt_records(), 0U);

  EXPECT_EQ(database.type(), "sekimori-test-country");
  EXPECT_EQ(database.built(), parse_rfc3339("2024-03-22T00:00:00Z"));
  EXPECT_TRUE(database.coverage().country);
  EXPECT_FALSE(database.coverage().as_number);
  EXPECT_EQ(database.coverage().anonymity, 0);
}

TEST(GeoDatabase, ReadsEveryFieldOfACityDatabase) {
  const GeoDatabase database = open_test("city");
  const GeoAnswer answer = find(database, "133.11.0.1");
  EXPECT_EQ(answer.country.text(), "JP");
  EXPECT_EQ(answer.registered_country.text(), "US");
  EXPECT_EQ(answer.continent, "AS");
  EXPECT_EQ(answer.city, "Bunky\xc5\x8d");
  EXPECT_EQ(answer.latitude, 35.7128);
  EXPECT_EQ(answer.longitude, 139.762);
  EXPECT_EQ(answer.accuracy_radius_km, 20U);
  EXPECT_EQ(answer.as_number, 2501U);
  EXPECT_EQ(answer.as_organization, "The University of Tokyo");
  EXPECT_EQ(answer.isp, "UTnet");
  EXPECT_EQ(answer.connection_type, "Corporate");
  EXPECT_EQ(answer.user_type, "college");
  EXPECT_EQ(answer.is_anycast, true);
  EXPECT_EQ(answer.is_satellite, true);
  EXPECT_EQ(answer.anonymity.known(), 0);

  const GeoAnswer other = find(database, "2001:db8::1");
  EXPECT_EQ(other.country.text(), "CN");
  EXPECT_TRUE(other.city.empty());
  EXPECT_EQ(other.accuracy_radius_km, std::nullopt);
}

TEST(GeoDatabase, AnIpv6AddressIsNotInAnIpv4Database) {
  const GeoDatabase database = open_test("flat");
  EXPECT_EQ(find(database, "133.11.0.1").country.text(), "JP");
  EXPECT_EQ(find(database, "133.11.0.1").as_number, 2501U);
  EXPECT_EQ(find(database, "90.150.180.12").city, "Tokyo");
  EXPECT_EQ(find(database, "90.150.180.12").latitude, 35.5);
  EXPECT_EQ(find(database, "2001:db8::1"), GeoAnswer{});
  EXPECT_EQ(database.corrupt_records(), 0U);
}

TEST(GeoDatabase, AnAddressNotListedAsAnonymousIsKnownAsClean) {
  const GeoDatabase database = open_test("anonymous");
  const GeoAnswer listed = find(database, "45.32.40.10");
  EXPECT_EQ(listed.anonymity.get(Anonymity::vpn), true);
  EXPECT_EQ(listed.anonymity.get(Anonymity::tor_exit), false);
  EXPECT_EQ(find(database, "133.11.0.1").anonymity.get(Anonymity::vpn), false);
}

TEST(GeoDatabase, ComplainsOfWhatIsNone) {
  const std::string sound = bytes_of("tests/geo/country.mmdb");
  ASSERT_FALSE(sound.empty());
  // The value of node_count: a uint16 or uint32 after its key.
  std::string vast = sound;
  const std::size_t node_count = vast.find("node_count") + 10;
  ASSERT_EQ(vast.substr(node_count, 1), "\xc2"sv);
  vast.replace(node_count, 3, "\xc4\xff\xff\xff\xff"sv);

  // 2^40 values by pointers: libmaxminddb alone would take the whole memory.
  std::string fan{"\xab\xcd\xefMaxMind.com\xe1\x49languages"sv};
  const std::size_t start = 14;
  for (int level = 0; level < 40; ++level) {
    const char next = static_cast<char>(fan.size() - start + 6);
    const std::size_t high = fan.size() - start + 6 > 255 ? 1 : 0;
    const char control = static_cast<char>(0x20 + high);
    for (const char one : {'\x02', '\x04', control, next, control, next}) fan.push_back(one);
  }
  fan += "\x00\x04"sv;

  struct Case {
    std::string_view what;
    std::string bytes;
    std::string_view complaint;
  };
  const Case cases[] = {
      {"empty", "", "no metadata"},
      {"a text", "not a database\n", "no metadata"},
      {"only its first half", sound.substr(0, sound.size() / 2), "no metadata"},
      {"metadata cut", sound.substr(0, sound.size() - 20), "metadata is broken"},
      {"a tree larger than the file", vast, "search tree is larger"},
      {"metadata that fans out", fan, "metadata is broken"},
      {"metadata of nothing", std::string{"\xab\xcd\xefMaxMind.com\xe0"sv}, "node_count"},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const ScratchFile file{row.bytes};
    const auto database = GeoDatabase::open(file.path());
    ASSERT_FALSE(database);
    EXPECT_EQ(database.error().file, file.path().string());
    EXPECT_NE(database.error().what.find(row.complaint), std::string::npos)
        << database.error().text();
    EXPECT_FALSE(database.error().way_out.empty());
  }
  EXPECT_EQ(GeoDatabase::open("tests/geo/none.mmdb").error().what, "no such file");
  EXPECT_EQ(GeoDatabase::open("tests/geo").error().what, "not a regular file");
  EXPECT_EQ(GeoDatabase::open("/dev/null").error().what, "not a regular file");
}

TEST(GeoDatabase, ABrokenRecordIsCountedAndEmpty) {
  std::string bytes = bytes_of("tests/geo/country.mmdb");
  // "iso_code" becomes a text that runs far beyond the file.
  const std::size_t key = bytes.find("\x48iso_code"sv);
  ASSERT_NE(key, std::string::npos);
  bytes[key] = '\x5f';
  const ScratchFile file{bytes};
  const auto database = GeoDatabase::open(file.path());
  ASSERT_TRUE(database);
  EXPECT_EQ(find(*database, "153.129.44.17"), GeoAnswer{});
  EXPECT_EQ(find(*database, "10.0.0.1"), GeoAnswer{});
  EXPECT_EQ(database->corrupt_records(), 1U);
}

TEST(GeoDatabase, AnswersFromManyThreads) {
  const GeoDatabase database = open_test("country");
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int round = 0; round < 2'000; ++round) {
        if (find(database, "153.129.44.17").country.text() != "JP") ++wrong;
        if (find(database, "2408:8214::1").country.text() != "CN") ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace sekimori
