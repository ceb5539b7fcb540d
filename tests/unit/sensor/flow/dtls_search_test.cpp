#include "sensor/flow/dtls_search.h"

#include <gtest/gtest.h>

#include "tests/unit/sensor/flow/dtls_datagrams.h"
#include "tests/unit/sensor/flow/talk.h"
#include "tests/unit/sensor/handshake/hex.h"

namespace sekimori {
namespace {

using namespace std::chrono_literals;

// tests/golden/dtls12_fragments/facts.tsv: by tshark.
constexpr std::string_view kJa3 = "096df697a18c538158d6a52abc65a0db";
constexpr std::string_view kJa3s = "eff0655f7bb8bb065a13f7242867ed33";

Talk& say_all(Talk& talk, std::initializer_list<const char*> of_client) {
  for (const char* const payload : of_client) talk.say(0us, true, from_hex(payload));
  return talk;
}

SessionRecord record_of(std::initializer_list<const char*> of_client) {
  Talk talk;
  return say_all(talk, of_client).record();
}

void expect_client(const SessionRecord& record) {
  EXPECT_EQ(record.network_protocol.view(), "dtls");
  EXPECT_EQ(record.tls.ja3.view(), kJa3);
  EXPECT_EQ(record.tls.ja4.view().front(), 'd');
  EXPECT_EQ(record.tls.server_name.view(), "work.platform.example");
  EXPECT_EQ(record.tls.no_fingerprint, NoFingerprint::none);
}

TEST(DtlsSearch, JoinsFragmentsInAnyOrder) {
  expect_client(record_of({kHelloBegins, kHelloEnds}));
  expect_client(record_of({kHelloEnds, kHelloEnds, kHelloBegins}));
}

TEST(DtlsSearch, AHelloWithItsCookieIsStillOneHello) {
  Talk talk;
  say_all(talk, {kHelloBegins, kHelloEnds}).say(1ms, false, from_hex(kVerifyRequest));
  say_all(talk, {kCookieHelloBegins, kCookieHelloEnds}).say(2ms, false, from_hex(kServerHello));
  const auto record = talk.record();
  expect_client(record);
  EXPECT_EQ(record.tls.ja3s.view(), kJa3s);
  EXPECT_EQ(record.tls.version.view(), "1.2");
  EXPECT_EQ(talk.counters().found, 2U);
}

TEST(DtlsSearch, WhereTheFirstHelloIsNotWholeTheSecondIsRead) {
  expect_client(record_of({kHelloBegins, kCookieHelloBegins, kCookieHelloEnds}));
  expect_client(record_of({kHelloBegins, kCookieHelloEnds, kCookieHelloBegins}));
}

TEST(DtlsSearch, AnEarlierMessageDoesNotTakeTheLatersPlace) {
  expect_client(record_of({kCookieHelloBegins, kHelloBegins, kCookieHelloEnds}));
}

TEST(DtlsSearch, FragmentsOfTwoMessagesMakeNone) {
  const auto record = record_of({kHelloBegins, kCookieHelloEnds});
  EXPECT_TRUE(record.tls.ja3.empty());
  EXPECT_EQ(record.tls.no_fingerprint, NoFingerprint::incomplete);
  EXPECT_EQ(record.network_protocol.view(), "dtls");
}

TEST(DtlsSearch, TheServersHelloAloneTellsWhoTheClientIs) {
  const auto record = Talk{}.say(0us, false, from_hex(kServerHello)).record();
  EXPECT_EQ(record.network_protocol.view(), "dtls");
  EXPECT_EQ(record.client.port, Talk::kPort);
  EXPECT_EQ(record.tls.ja3s.view(), kJa3s);
}

TEST(DtlsSearch, AHelloBeyondTheLimitIsTooLarge) {
  auto large = from_hex(kHelloBegins);
  large[15] = 0x20;  // of the message's length, 3 bytes at 14: 8424 bytes
  const auto record = Talk{}.say(0us, true, large).record();
  EXPECT_EQ(record.network_protocol.view(), "dtls");
  EXPECT_EQ(record.tls.no_fingerprint, NoFingerprint::too_large);
}

TEST(DtlsSearch, AnEncryptedRecordIsNotRead) {
  auto encrypted = from_hex(kHelloBegins);
  encrypted[4] = 1;  // epoch
  EXPECT_TRUE(Talk{}.say(0us, true, encrypted).record().network_protocol.empty());
}

TEST(DtlsSearch, TheOldestIncompleteHelloGivesWayWhenThePoolIsFull) {
  FlowSettings settings;
  settings.stream_heads = 1;
  Talk talk{settings};
  talk.say(0us, true, from_hex(kHelloBegins), 1000).say(1us, true, from_hex(kHelloBegins));
  talk.say(2us, true, from_hex(kHelloEnds), 1000).say(3us, true, from_hex(kHelloEnds));
  expect_client(talk.record());
  EXPECT_EQ(talk.record(1000).tls.no_fingerprint, NoFingerprint::pool_full);
}

}  // namespace
}  // namespace sekimori
