#include "core/text/complaint.h"

#include <gtest/gtest.h>

namespace sekimori {
namespace {

TEST(Complaint, NamesFileLineAndWayOut) {
  EXPECT_EQ((Complaint{"a.yaml", 3, 7, "unknown key 'potr'", "did you mean 'port'?"}.text()),
            "a.yaml:3:7: unknown key 'potr' (did you mean 'port'?)");
  EXPECT_EQ((Complaint{"a.yaml", 0, 0, "cannot be read", ""}.text()), "a.yaml: cannot be read");
}

TEST(Complaint, StaysOnOneLine) {
  EXPECT_EQ((Complaint{"", 0, 0, "bad value 'x\ny\x1b'", ""}.text()), "bad value 'x y '");
}

TEST(NearestName, OffersOnlyWhatIsNear) {
  const std::vector<std::string_view> names{"client.ip", "client.port", "server.ip"};
  EXPECT_EQ(nearest_name("clientip", names), "client.ip");
  EXPECT_EQ(nearest_name("client.prot", names), "client.port");
  EXPECT_EQ(nearest_name("zebra", names), "");
  EXPECT_EQ(nearest_name("nmae", {"game", "name"}), "name");
}

}  // namespace
}  // namespace sekimori
