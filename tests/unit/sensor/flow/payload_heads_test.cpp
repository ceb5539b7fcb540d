#include "sensor/flow/payload_heads.h"

#include <algorithm>
#include <iomanip>
#include <numeric>
#include <sstream>

#include "core/record/field.h"
#include "tests/unit/sensor/flow/talk.h"
#include "tests/unit/sensor/flow/tcp_script.h"

namespace sekimori {
namespace {

// 00 01 02 ...: each byte says where it stands.
const std::vector<std::uint8_t> kCount = [] {
  std::vector<std::uint8_t> bytes(80);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}();

std::string text_of(Bytes bytes) {
  std::ostringstream text;
  text << std::hex << std::setfill('0');
  for (const std::uint8_t byte : bytes) text << std::setw(2) << unsigned{byte};
  return text.str();
}

TEST(PayloadHeads, KeepTheStreamsBeginningHoweverItIsCut) {
  for (std::size_t piece = 1; piece <= kCount.size(); ++piece) {
    Script script;
    script.handshake();
    for (std::size_t at = 0; at < kCount.size(); at += piece) {
      const Bytes part = Bytes{kCount}.subspan(at, std::min(piece, kCount.size() - at));
      script.say({31'000us, true, kAck, static_cast<std::uint32_t>(1 + at), 1, part});
    }
    const SessionRecord record = script.only_record();
    EXPECT_EQ(record.client_head.view(), text_of(Bytes{kCount}.first(32))) << piece;
    EXPECT_TRUE(record.server_head.empty());
  }
}

TEST(PayloadHeads, TakeNothingTwiceAndNothingBeforeItsTurn) {
  Script script;
  script.handshake()
      .say({31'000us, true, kAck, 1, 1, Bytes{kCount}.first(4)})
      .say({32'000us, true, kAck, 1, 1, Bytes{kCount}.first(4)})          // sent again
      .say({33'000us, true, kAck, 3, 1, Bytes{kCount}.subspan(2, 6)})     // overlaps
      .say({34'000us, true, kAck, 21, 1, Bytes{kCount}.subspan(20, 20)})  // too early
      .say({35'000us, true, kAck, 9, 1, Bytes{kCount}.subspan(8, 3)})
      .say({35'000us, false, kAck, 1, 41, Bytes{kCount}.first(2)});
  const SessionRecord record = script.only_record();
  EXPECT_EQ(record.client_head.view(), text_of(Bytes{kCount}.first(11)));
  EXPECT_EQ(record.server_head.view(), text_of(Bytes{kCount}.first(2)));
}

TEST(PayloadHeads, BeginWhereASessionJoinedMidwayIsJoined) {
  Script script;
  script.say({1'000us, true, kAck, 5000, 9, Bytes{kCount}.first(10)})
      .say({2'000us, true, kAck, 5010, 9, Bytes{kCount}.subspan(10)});
  EXPECT_EQ(script.only_record().client_head.view(), text_of(Bytes{kCount}.first(32)));
}

TEST(PayloadHeads, OfDatagramsAreTheFirstOnes) {
  Talk talk;
  talk.say(0us, true, {0x01, 0x00})
      .say(1us, true, {0x02, 0x03})
      .say(2us, false, {})
      .say(3us, false, kCount)
      .say(4us, true, {0x09}, 999);
  const SessionRecord record = talk.record();
  EXPECT_EQ(record.client_head.view(), "0100");
  EXPECT_EQ(record.server_head.view(), text_of(Bytes{kCount}.first(32)));
}

// A slot that is given to another flow must not show what the one before it said.
TEST(PayloadHeads, DoNotOutliveTheirFlow) {
  Script script;
  script.handshake().say({31'000us, true, kAck, 1, 1, kCount}).only_record();
  script.records().clear();
  script.handshake();
  EXPECT_TRUE(script.only_record().client_head.empty());
}

TEST(PayloadHeads, AreHexForRulesAndForNobodyElse) {
  Talk talk;
  talk.say(0us, true, {0x38, 0xff});
  const SessionRecord record = talk.record();
  const auto id = find_field(sensor_fields(), "sekimori.payload.client_head");
  ASSERT_TRUE(id);
  FieldScratch scratch;
  const FieldValue value = session_reader(record)(*id, scratch);
  ASSERT_TRUE(std::holds_alternative<std::string_view>(value));
  EXPECT_EQ(std::get<std::string_view>(value), "38ff");
  EXPECT_FALSE(find_field(session_fields(), "sekimori.payload.client_head"));
  EXPECT_FALSE(find_field(session_fields(), "sekimori.payload.server_head"));
}

TEST(PayloadHeads, SetBitsAreOfAWholeHead) {
  const auto client_set_bits = [](const SessionRecord& record) {
    FieldScratch scratch;
    const auto id = find_field(sensor_fields(), "sekimori.payload.client_set_bits");
    return session_reader(record)(*id, scratch);
  };
  SessionRecord record;
  record.client_head.assign(std::string(62, 'f'));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(client_set_bits(record)));
  record.client_head.assign(std::string(32, 'f') + std::string(32, '1'));
  EXPECT_EQ(std::get<double>(client_set_bits(record)), 5.0);
  EXPECT_FALSE(find_field(session_fields(), "sekimori.payload.client_set_bits"));
}

}  // namespace
}  // namespace sekimori
