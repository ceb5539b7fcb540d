#include "collector/receive/claim_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace sekimori {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::string line(std::string_view account) {
  return R"({"time":"2024-03-26T01:02:03Z","account":")" + std::string{account} +
         R"(","country":"JP","ip":"192.0.2.1"})";
}

struct Reading {
  std::vector<std::string> accounts;
  std::vector<std::string> complaints;
  std::uint64_t good = 0, bad = 0;
};

Reading read(std::string_view bytes, std::size_t chunk, ClaimFormat format = ClaimFormat::unknown) {
  Reading reading;
  ClaimLines lines{{"claims", format, std::nullopt},
                   [&](Claim claim) { reading.accounts.push_back(claim.account); }};
  for (std::size_t at = 0; at < bytes.size(); at += chunk) lines.feed(bytes.substr(at, chunk));
  lines.finish();
  for (const Complaint& complaint : lines.complaints())
    reading.complaints.push_back(complaint.text());
  reading.good = lines.good();
  reading.bad = lines.bad();
  return reading;
}

TEST(ClaimLines, KeepTheGoodLinesAroundThreeBadOnes) {
  std::string bytes;
  for (int at = 1; at <= 1000; ++at) {
    const bool bad = at == 1 || at == 500 || at == 1000;
    bytes += (bad ? "{\"time\": \"yesterday\"}" : line("a" + std::to_string(at))) + "\n";
  }
  const Reading reading = read(bytes, 4096);
  EXPECT_EQ(reading.good, 997U);
  EXPECT_EQ(reading.bad, 3U);
  EXPECT_THAT(reading.accounts, SizeIs(997));
  EXPECT_THAT(reading.complaints,
              ElementsAre(HasSubstr("claims:1: 'time' is not a moment"), HasSubstr("claims:500: "),
                          HasSubstr("claims:1000: ")));
}

TEST(ClaimLines, AreTheSameWhereverTheBytesAreCut) {
  const std::string bytes =
      "\xef\xbb\xbf" + line("a") + "\r\n\r\n  \n" + line("b") + "\nnot json\n" + line("c");
  for (std::size_t chunk = 1; chunk <= bytes.size(); ++chunk) {
    SCOPED_TRACE(chunk);
    const Reading reading = read(bytes, chunk);
    EXPECT_THAT(reading.accounts, ElementsAre("a", "b", "c"));
    EXPECT_THAT(reading.complaints, ElementsAre(HasSubstr("claims:5:")));
  }
}

TEST(ClaimLines, ReadCsvByItsHeader) {
  const Reading reading = read(
      "\xef\xbb\xbftime,account,country,ip\r\n2024-03-26T01:02:03Z,a,JP,192.0.2.1\r\n"
      "2024-03-26T01:02:03Z,\"b,JP,192.0.2.1\r\n2024-03-26T01:02:03Z,c,JP,192.0.2.1\r\n",
      7);
  EXPECT_THAT(reading.accounts, ElementsAre("a", "c"));
  EXPECT_THAT(reading.complaints, ElementsAre(HasSubstr("claims:3:")));
}

TEST(ClaimLines, RefuseCsvWithoutAUsableHeaderOnce) {
  const Reading reading = read("time,account,contry,ip\n1\n2\n", 100, ClaimFormat::csv);
  EXPECT_THAT(
      reading.complaints,
      ElementsAre(HasSubstr("claims:1: unknown column 'contry' (did you mean 'country'?)")));
  EXPECT_EQ(reading.bad, 3U);
}

TEST(ClaimLines, CountAnOverlongLineAndANulAsOneBadLineEach) {
  const std::string longest =
      R"({"id":")" + std::string(kLongestClaimLine - 9, 'x') + R"("})";  // exactly at the limit
  const std::string bytes = line("a") + "\n" + std::string(300'000, 'x') + "\n" + line("b") + "\n" +
                            std::string(1, '\0') + "\n" + longest + "\r\n" + longest + "x\n" +
                            line("c") + "\n";
  const Reading reading = read(bytes, 1000);
  EXPECT_THAT(reading.accounts, ElementsAre("a", "b", "c"));
  EXPECT_THAT(
      reading.complaints,
      ElementsAre(HasSubstr("claims:2: longer than"), HasSubstr("claims:4:1: "),
                  HasSubstr("claims:5: 'time' is missing"), HasSubstr("claims:6: longer than")));
}

TEST(ClaimLines, KeepAHundredComplaintsAndCountTheRest) {
  std::string bytes;
  for (int at = 0; at < 250; ++at) bytes += "x\n";
  const Reading reading = read(bytes, 64);
  EXPECT_THAT(reading.complaints, SizeIs(kKeptClaimComplaints));
  EXPECT_EQ(reading.bad, 250U);
}

TEST(ClaimFile, TellsTheFormatByItsName) {
  const auto path = std::filesystem::path{testing::TempDir()} / "claims_test.csv";
  std::ofstream{path, std::ios::binary} << line("a") << "\n";
  const auto report = read_claim_file(path.string(), [](Claim) { FAIL(); });
  ASSERT_TRUE(report);
  EXPECT_EQ(report->bad, 1U);
  std::filesystem::remove(path);
}

TEST(ClaimFile, ReadsAnEmptyFileAndRefusesNone) {
  const auto path = std::filesystem::path{testing::TempDir()} / "claims_test_empty";
  std::ofstream{path, std::ios::binary}.flush();
  const auto report = read_claim_file(path.string(), [](Claim) { FAIL(); });
  ASSERT_TRUE(report);
  EXPECT_EQ(report->good + report->bad, 0U);
  std::filesystem::remove(path);
  const auto missing = read_claim_file(path.string(), [](Claim) { FAIL(); });
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().text(), HasSubstr("No such file"));
  const auto folder = read_claim_file(testing::TempDir(), [](Claim) { FAIL(); });
  ASSERT_FALSE(folder);
  EXPECT_THAT(folder.error().text(), HasSubstr("directory"));
}

}  // namespace
}  // namespace sekimori
