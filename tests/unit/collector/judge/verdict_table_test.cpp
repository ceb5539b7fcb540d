#include "collector/judge/verdict_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "collector/judge/cell_text.h"
#include "tests/unit/collector/judge/sample.h"

namespace sekimori {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Verdict foreign() {
  Verdict verdict;
  verdict.claim = claim();
  verdict.outcome = JoinOutcome::matched;
  verdict.mismatch = Mismatch::contradicted;
  verdict.connection = session("CN", 62'000);
  verdict.connection->client.geo.city.assign("Dandong");
  verdict.findings.push_back({"foreign_direct",
                              "high",
                              "id",
                              "title",
                              false,
                              {{"sekimori.timing.least_rtt_us", "62000"},
                               {"sekimori.place.nearest_km", "1090"},
                               {"sekimori.place.reach_km", "6386"}},
                              {}});
  return verdict;
}

Verdict without_session() {
  Verdict verdict;
  verdict.claim = claim();
  verdict.missing = {"sekimori.place.basis: no session of that time fits"};
  verdict.findings.push_back({"insufficient", "informational", "id", "title", false, {}, {}});
  return verdict;
}

std::string table(const std::vector<Verdict>& verdicts, TableStyle style = {}) {
  std::ostringstream out;
  write_verdict_table(out, verdicts, style);
  return out.str();
}

TEST(VerdictTable, SaysWhoFromWhereWhyAndHowSure) {
  // Wide, so that nothing is wrapped.
  const std::string text = table({foreign(), without_session()}, {400, Paint::plain});
  EXPECT_EQ(text,
            "TIME (UTC)      ACCOUNT  CLAIMS  CAME FROM                             MISMATCH      "
            "WHAT SAYS SO\n"
            "03-26 01:02:03  w-1041   JP      CN Dandong, Example Net, 203.0.113.9  contradicted  "
            "foreign_direct: address listed in CN; 62.0 ms round trip allows 6386 km, CN begins at "
            "1090 km\n"
            "                                                                       (high)\n"
            "03-26 01:02:03  w-1041   JP      no session, 203.0.113.9               unknown       "
            "insufficient: no session of that time fits\n"
            "\n"
            "2 claims: 1 contradicted, 0 doubtful, 0 fit, 1 unknown\n");
}

TEST(VerdictTable, KeepsItsWidth) {
  Verdict wide = foreign();
  wide.claim.account =
      "\xe6\x9d\xb1\xe4\xba\xac\xe3\x81\xae\xe4\xba\xba\xe3\x81\xaf\xe3\x81\xa9"
      "\xe3\x81\x93\xe3\x81\x8b\xe3\x82\x89\xe6\x9d\xa5\xe3\x81\x9f";
  for (const std::size_t width : {72U, 80U, 99U, 100U, 120U}) {
    std::istringstream lines{table({wide, without_session()}, {width, Paint::plain})};
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(cells(line), width) << line;
      EXPECT_FALSE(line.ends_with(' ')) << line;
    }
  }
}

TEST(VerdictTable, KeepsClaimsFromSteeringTheTerminal) {
  Verdict hostile = foreign();
  hostile.claim.account = "\x1b]0;owned\x07\n\xe2\x80\xae";
  hostile.connection->client.geo.city.assign("\x1b[2J");
  const std::string text = table({hostile});
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\x07")));
  EXPECT_THAT(text, Not(HasSubstr("\xe2\x80\xae")));
}

TEST(VerdictTable, PaintsOnlyWhenTold) {
  EXPECT_THAT(table({foreign()}, {200, Paint::ansi}), HasSubstr("\x1b[31mcontradicted"));
  EXPECT_THAT(table({foreign()}, {200, Paint::plain}), Not(HasSubstr("\x1b")));
}

TEST(VerdictTable, TakesItsWidthFromTheEnvironment) {
  ::setenv("COLUMNS", "77", 1);
  EXPECT_EQ(table_style(-1).width, 77U);
  ::setenv("COLUMNS", "wide", 1);
  EXPECT_EQ(table_style(-1).width, 120U);
  ::unsetenv("COLUMNS");
  EXPECT_EQ(table_style(-1).width, 120U);
  EXPECT_EQ(table_style(-1).paint, Paint::plain);
}

TEST(VerdictTable, IsNotEmptyWithoutVerdicts) {
  EXPECT_THAT(table({}), HasSubstr("0 claims: "));
}

}  // namespace
}  // namespace sekimori
