// The corpus of other people's databases: what mmdblookup answered, and every broken file.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/geo/geo_database.h"

namespace sekimori {
namespace {

std::filesystem::path corpus() {
  const char* const folder = std::getenv("SEKIMORI_CORPUS");
  return folder == nullptr ? std::filesystem::path{} : std::filesystem::path{folder};
}

std::filesystem::path databases() {
  return corpus() / ".." / "mmdb";
}

// As mmdblookup prints it; empty: absent.
std::string printed(const GeoAnswer& answer, const std::string& field) {
  const auto degrees = [](const std::optional<double>& value) {
    return value ? std::to_string(*value) : std::string{};
  };
  const auto flag = [](const std::optional<bool>& value) {
    return value.value_or(false) ? std::string{"true"} : std::string{};
  };
  if (field == "country.iso_code") return std::string{answer.country.text()};
  if (field == "registered_country.iso_code") return std::string{answer.registered_country.text()};
  if (field == "continent.code") return std::string{answer.continent.view()};
  if (field == "city.names.en") return std::string{answer.city.view()};
  if (field == "location.latitude") return degrees(answer.latitude);
  if (field == "location.longitude") return degrees(answer.longitude);
  if (field == "autonomous_system_organization") return std::string{answer.as_organization.view()};
  if (field == "isp") return std::string{answer.isp.view()};
  if (field == "is_anonymous") return flag(answer.anonymity.get(Anonymity::anonymous));
  if (field == "is_anonymous_vpn") return flag(answer.anonymity.get(Anonymity::vpn));
  if (field == "autonomous_system_number") {
    return answer.as_number == 0 ? std::string{} : std::to_string(answer.as_number);
  }
  return "no such field: " + field;
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> out;
  std::istringstream stream{line + "\t"};
  for (std::string cell; std::getline(stream, cell, '\t');) out.push_back(cell);
  return out;
}

TEST(GeoCorpus, AnswersAsMmdblookup) {
  std::ifstream table{corpus() / "expected" / "geoip.tsv"};
  if (!table || !std::filesystem::exists(databases())) GTEST_SKIP() << "SEKIMORI_CORPUS not there";
  std::map<std::string, GeoDatabase> open;
  std::string line;
  std::getline(table, line);
  std::size_t rows = 0;
  while (std::getline(table, line)) {
    const std::vector<std::string> row = cells(line);
    ASSERT_EQ(row.size(), 4U) << line;
    if (!open.contains(row[0])) {
      auto database = GeoDatabase::open(databases() / row[0]);
      ASSERT_TRUE(database) << database.error().text();
      open.emplace(row[0], std::move(*database));
    }
    const GeoAnswer answer = open.at(row[0]).find(*IpAddress::parse(row[1]));
    ++rows;
    if (row[2] != "(whole record)") {
      EXPECT_EQ(printed(answer, row[2]), row[3]) << line;
      continue;
    }
    // Every such row says "not found" in the tool's words.
    GeoAnswer none;
    none.anonymity.know(answer.anonymity.known());
    EXPECT_EQ(answer, none) << line;
  }
  EXPECT_GT(rows, 500U);
}

TEST(GeoCorpus, EveryDatabaseAnswersOrComplains) {
  if (!std::filesystem::exists(databases())) GTEST_SKIP() << "SEKIMORI_CORPUS not there";
  std::size_t refused = 0;
  std::size_t broken = 0;
  for (const auto& entry : std::filesystem::directory_iterator{databases()}) {
    if (entry.path().extension() != ".mmdb") continue;
    const auto database = GeoDatabase::open(entry.path());
    if (!database) {
      ++refused;
      EXPECT_NE(database.error().text().find(entry.path().string()), std::string::npos);
      continue;
    }
    for (unsigned high = 0; high < 65'536; ++high) {
      const std::uint8_t v4[] = {static_cast<std::uint8_t>(high >> 8U),
                                 static_cast<std::uint8_t>(high), 1, 1};
      (void)database->find(IpAddress::v4(v4));
      std::uint8_t v6[16] = {static_cast<std::uint8_t>(0x20U | high >> 13U),
                             static_cast<std::uint8_t>(high >> 5U),
                             static_cast<std::uint8_t>(high << 3U)};
      (void)database->find(IpAddress::v6(v6));
    }
    if (database->corrupt_records() > 0) ++broken;
  }
  EXPECT_GE(refused, 1U) << "the corpus holds files that are no database";
  EXPECT_GE(broken, 1U) << "the corpus holds databases with broken records";
}

}  // namespace
}  // namespace sekimori
