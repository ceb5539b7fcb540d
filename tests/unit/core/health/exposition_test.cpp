#include "core/health/exposition.h"

#include <gtest/gtest.h>

#include <limits>

namespace sekimori {
namespace {

// Typed from the format's own page, not made by the writer.
TEST(Exposition, HasHelpTypeAndSamplesOfAFamily) {
  Exposition text{"sekimori_x_"};
  text.family(MetricType::counter, "frames_total", "Frames read.")
      .sample(std::uint64_t{12}, {{"interface", "eth0"}, {"reason", "kernel"}})
      .sample(std::numeric_limits<std::uint64_t>::max(), {{"interface", "eth1"}});
  text.gauge("age_seconds", "Age of the oldest.", 0.25);
  EXPECT_EQ(text.take(),
            "# HELP sekimori_x_frames_total Frames read.\n"
            "# TYPE sekimori_x_frames_total counter\n"
            "sekimori_x_frames_total{interface=\"eth0\",reason=\"kernel\"} 12\n"
            "sekimori_x_frames_total{interface=\"eth1\"} 18446744073709551615\n"
            "# HELP sekimori_x_age_seconds Age of the oldest.\n"
            "# TYPE sekimori_x_age_seconds gauge\n"
            "sekimori_x_age_seconds 0.25\n");
}

TEST(Exposition, EscapesWhatWouldEndALabel) {
  Exposition text{""};
  text.family(MetricType::gauge, "a", "one\ntwo \\ \"three\"")
      .sample(std::uint64_t{1}, {{"l",
                                  "a\"b\\c\nd\xff"
                                  "e\xc3\xa9"}});
  EXPECT_EQ(text.take(),
            "# HELP a one\\ntwo \\\\ \"three\"\n"
            "# TYPE a gauge\n"
            "a{l=\"a\\\"b\\\\c\\nd\xef\xbf\xbd"
            "e\xc3\xa9\"} 1\n");
}

TEST(Exposition, SaysNumbersThatAreNone) {
  Exposition text{""};
  text.family(MetricType::gauge, "a", "h")
      .sample(std::numeric_limits<double>::infinity())
      .sample(-std::numeric_limits<double>::infinity())
      .sample(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(text.take(), "# HELP a h\n# TYPE a gauge\na +Inf\na -Inf\na NaN\n");
}

}  // namespace
}  // namespace sekimori
