#include "core/health/scrape.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sekimori {
namespace {

// From the format's own page, but for the escapes.
constexpr std::string_view kPage =
    "# HELP http_requests_total The total number of HTTP requests.\n"
    "# TYPE http_requests_total counter\n"
    "http_requests_total{method=\"post\",code=\"200\"} 1027 1395066363000\n"
    "http_requests_total{method=\"post\",code=\"400\",}    3 1395066363000\n"
    "\n"
    "msdos_file_access_time_seconds{path=\"C:\\\\DIR\\\\FILE.TXT\",error=\"Cannot find "
    "file:\\n\\\"FILE.TXT\\\"\"} 1.458255915e9\n"
    "metric_without_timestamp_and_labels 12.47\n"
    "something_weird{problem=\"division by zero\"} +Inf -3982045\n";

TEST(Scrape, ReadsTheFormatsOwnExample) {
  const Scrape scrape = Scrape::parse(kPage);
  EXPECT_EQ(scrape.bad_lines(), 0U);
  ASSERT_EQ(scrape.samples().size(), 5U);
  EXPECT_EQ(scrape.sum("http_requests_total"), 1030);
  EXPECT_EQ(scrape.all("http_requests_total")[1]->label("code"), "400");
  const Sample& file = *scrape.all("msdos_file_access_time_seconds").at(0);
  EXPECT_EQ(file.label("path"), "C:\\DIR\\FILE.TXT");
  EXPECT_EQ(file.label("error"), "Cannot find file:\n\"FILE.TXT\"");
  EXPECT_EQ(scrape.sum("metric_without_timestamp_and_labels"), 12.47);
  EXPECT_TRUE(std::isinf(*scrape.sum("something_weird")));
  EXPECT_EQ(scrape.sum("http_requests"), std::nullopt);
}

TEST(Scrape, PassesOverWhatIsNone) {
  for (const char* line : {"<html>", "1abc 2", "a", "a ", "a x", "a{b=1} 2", "a{b=\"c} 2",
                           "a{b=\"\\x\"} 2", "a{b=\"c\" d=\"e\"} 2", "a{=\"c\"} 2", "a 1x"}) {
    const Scrape scrape = Scrape::parse(line);
    EXPECT_EQ(scrape.bad_lines(), 1U) << line;
    EXPECT_TRUE(scrape.samples().empty()) << line;
  }
}

// A page that was cut reads as the samples before the cut.
TEST(Scrape, ReadsEveryPrefix) {
  for (std::size_t size = 0; size <= kPage.size(); ++size) {
    const Scrape scrape = Scrape::parse(kPage.substr(0, size));
    EXPECT_LE(scrape.bad_lines(), 1U) << size;
    EXPECT_LE(scrape.samples().size(), 5U) << size;
  }
}

}  // namespace
}  // namespace sekimori
