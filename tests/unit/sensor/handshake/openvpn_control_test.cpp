#include "sensor/handshake/openvpn_control.h"

#include <array>
#include <string>
#include <string_view>

#include <gmock/gmock.h>

#include "tests/unit/sensor/handshake/hex.h"

namespace sekimori {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kClientId = "507a28a78275788d";
const std::string kServerId = "9ad747beb24d8a1b";

// Length, opcode and key id, session id, no acknowledgments, packet id.
const std::string kReset = "000e38" + kClientId + "0000000000";
const std::string kServerReset = "001a40" + kServerId + "0100000000" + kClientId + "00000000";
const std::string kAck = "001628" + kClientId + "0100000000" + kServerId;
const std::string kFirst = "001120" + kClientId + "0000000001" + "160301";
const std::string kSecond = "001020" + kClientId + "0000000002" + "0001";
const std::string kThird = "000f20" + kClientId + "0000000003" + "01";

class OpenVpnControlTest : public testing::Test {
 protected:
  Result<OpenVpnControl> parse(const std::string& hex) {
    return parse_openvpn_control(from_hex(hex), scratch_);
  }
  std::array<std::uint8_t, 64> scratch_{};
};

TEST_F(OpenVpnControlTest, JoinsTheClientsPackets) {
  const auto control = parse(kReset + kAck + kFirst + kSecond);
  ASSERT_TRUE(control);
  EXPECT_TRUE(control->from_client);
  EXPECT_THAT(control->tls, ElementsAre(0x16, 0x03, 0x01, 0x00, 0x01));
}

TEST_F(OpenVpnControlTest, JoinsTheServersBehindItsAcknowledgments) {
  const auto control =
      parse(kServerReset + "001d20" + kServerId + "0100000001" + kClientId + "00000001" + "160302");
  ASSERT_TRUE(control);
  EXPECT_FALSE(control->from_client);
  EXPECT_THAT(control->tls, ElementsAre(0x16, 0x03, 0x02));
}

TEST_F(OpenVpnControlTest, PassesOverTheHmacOfTlsAuth) {
  // SHA-1's 20 bytes, packet id and time.
  const std::string auth = std::string(40, 'a') + "000000015e3e7b98";
  const auto control = parse("002a38" + kClientId + auth + "0000000000" +  //
                             "002d20" + kClientId + auth + "0000000001" + "160301");
  ASSERT_TRUE(control);
  EXPECT_THAT(control->tls, ElementsAre(0x16, 0x03, 0x01));
}

TEST_F(OpenVpnControlTest, TakesEachPacketOnceAndInOrder) {
  struct Case {
    std::string_view what;
    std::string stream;
    std::size_t size;
  };
  const Case cases[] = {
      {"nothing yet", kReset, 0},
      {"the reset again", kReset + kReset + kFirst, 3},
      {"another reset, with an id of its own",
       kReset + "000e38" + kClientId + "0000000001" + kFirst + kSecond, 2},
      {"a packet again", kReset + kFirst + kFirst + kSecond + kFirst + kThird, 6},
      {"a packet is missing", kReset + kFirst + kThird, 3},
      {"half a packet", kReset + kFirst + kSecond.substr(0, 30), 3},
      {"data ends it", kReset + kFirst + "000330aaaa" + kSecond, 3},
      {"another key ends it", kReset + kFirst + "000f21" + kClientId + "0000000002" + "01", 3},
      {"more acknowledgments than there can be",
       kReset + "001020" + kClientId + "0900000001" + "1603", 0},
      {"an empty packet ends it", kReset + "0000" + kFirst, 0},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const auto control = parse(row.stream);
    ASSERT_TRUE(control);
    EXPECT_EQ(control->tls.size(), row.size);
  }
}

TEST_F(OpenVpnControlTest, StopsWhereScratchIsFull) {
  const auto stream = from_hex(kReset + kFirst + kSecond);
  const auto control = parse_openvpn_control(stream, std::span{scratch_}.first(4));
  ASSERT_TRUE(control);
  EXPECT_THAT(control->tls, ElementsAre(0x16, 0x03, 0x01, 0x00));
}

TEST_F(OpenVpnControlTest, RefusesWhatDoesNotBeginWithAReset) {
  struct Case {
    std::string_view what;
    std::string stream;
  };
  const Case cases[] = {
      {"a TLS record", "16"},
      {"too short", "000d"},
      {"too long", "00ff"},
      {"a control packet first", kFirst},
      {"a data packet first", "000e30"},
      {"another key id", "000e39"},
      {"a reset of tls-crypt-v2", "000e50"},
      {"a reset with another id", "000e38" + kClientId + "0000000001"},
      {"a reset with a byte too many", "000f38" + kClientId + "000000000000"},
      {"an encrypted reset (tls-crypt)",
       "003638" + kClientId + "000000015e3e7b98" + std::string(64, 'b') + "c1c2c3c4c5"},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const auto control = parse(row.stream);
    ASSERT_FALSE(control);
    EXPECT_EQ(control.error().fault, Fault::malformed);
  }
}

TEST_F(OpenVpnControlTest, EveryPrefixOfTheResetIsTruncated) {
  const auto whole = from_hex(kReset + kFirst);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    const auto control = parse_openvpn_control(Bytes{whole}.first(size), scratch_);
    if (size < kReset.size() / 2) {
      ASSERT_FALSE(control);
      EXPECT_EQ(control.error().fault, Fault::truncated);
    } else {
      ASSERT_TRUE(control);
      EXPECT_THAT(control->tls, IsEmpty());
    }
  }
}

}  // namespace
}  // namespace sekimori
