#include "sensor/flow/quic_search.h"

#include <gtest/gtest.h>

#include "tests/unit/sensor/flow/quic_datagrams.h"
#include "tests/unit/sensor/flow/talk.h"
#include "tests/unit/sensor/handshake/hex.h"
#include "tests/unit/sensor/handshake/rfc9001.h"

namespace sekimori {
namespace {

using namespace std::chrono_literals;

// The JA3 of RFC 9001's hello, by `tshark -T fields -e tls.handshake.ja3` of its appendix A.2.
constexpr std::string_view kJa3 = "41bc9ae914d6cb3bd0bd0a5453ab7d7f";

void expect_client(const SessionRecord& record) {
  EXPECT_EQ(record.network_protocol.view(), "quic");
  EXPECT_EQ(record.tls.server_name.view(), "example.com");
  EXPECT_EQ(record.tls.ja3.view(), kJa3);
  EXPECT_EQ(record.tls.no_fingerprint, NoFingerprint::none);
  EXPECT_EQ(record.client.port, Talk::kPort);
}

void expect_both(const SessionRecord& record) {
  expect_client(record);
  EXPECT_EQ(record.tls.version.view(), "1.3");
  EXPECT_EQ(record.tls.cipher.view(), "TLS_AES_128_GCM_SHA256");
}

Buffer joined(Buffer first, const Buffer& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

TEST(QuicSearch, ReadsTheHellosOfRfc9001) {
  Talk talk;
  talk.say(0us, true, from_hex(kRfc9001Client)).say(100us, false, from_hex(kRfc9001Server));
  expect_both(talk.record());
  EXPECT_EQ(talk.counters().found, 2U);
}

TEST(QuicSearch, ReadsTheHellosOfRfc9369) {
  Talk talk;
  talk.say(0us, true, from_hex(kRfc9369Client)).say(100us, false, from_hex(kRfc9369Server));
  expect_both(talk.record());
}

TEST(QuicSearch, TheClientIsWhoSaidTheHelloThoughTheServerSpokeFirst) {
  Talk talk;
  talk.say(0us, false, {0x00}).say(10us, true, from_hex(kRfc9001Client));
  expect_client(talk.record());
}

// RFC 9001, section 5.2: the keys come from the Retry's source id then.
TEST(QuicSearch, ARetryGivesNewKeys) {
  Talk talk;
  talk.say(0us, true, from_hex(kRfc9001Client)).say(1ms, false, from_hex(kRfc9001Retry));
  talk.say(2ms, true, from_hex(kRetriedClient)).say(3ms, false, from_hex(kRetriedServer));
  expect_both(talk.record());
}

TEST(QuicSearch, ARetryThatTheClientDidNotHeedChangesNothing) {
  Talk talk;
  talk.say(0us, true, from_hex(kRfc9001Client)).say(1ms, false, from_hex(kRfc9001Retry));
  expect_both(talk.say(2ms, false, from_hex(kRfc9001Server)).record());
}

TEST(QuicSearch, WithoutARetryTheAnswerToAnotherIdDoesNotOpen) {
  Talk talk;
  talk.say(0us, true, from_hex(kRfc9001Client)).say(1ms, false, from_hex(kRetriedServer));
  const auto record = talk.record();
  expect_client(record);
  EXPECT_TRUE(record.tls.version.empty());
}

// RFC 9000, section 6: the packet is RFC 8999's, section 6, and offers version 2 alone.
TEST(QuicSearch, AVersionNegotiationBeginsAgain) {
  const auto negotiation = from_hex("800000000000088394c8f03e5157086b3343cf");
  Talk talk;
  talk.say(0us, true, from_hex(kRfc9001Client)).say(1ms, false, negotiation);
  talk.say(2ms, true, from_hex(kNegotiatedClient)).say(3ms, false, from_hex(kNegotiatedServer));
  expect_both(talk.record());
}

// RFC 9369, section 4.1: the server answers version 1 in version 2, with keys from the same id.
TEST(QuicSearch, ACompatibleVersionIsTheServersChoice) {
  Talk talk;
  talk.say(0us, true, from_hex(kRfc9001Client)).say(100us, false, from_hex(kRfc9369Server));
  expect_both(talk.record());
}

// RFC 9000, section 12.2.
TEST(QuicSearch, FindsTheInitialBehindOtherPackets) {
  const auto early = from_hex("d000000001088394c8f03e515708000418191a1b");      // 0-RTT
  const auto handshake = from_hex("e0000000010008f067a5502a4262b50403020100");  // any bytes
  Talk talk;
  talk.say(0us, true, joined(early, from_hex(kRfc9001Client)));
  talk.say(1ms, false, joined(handshake, joined(from_hex(kServerAck), from_hex(kRfc9001Server))));
  expect_both(talk.record());
}

TEST(QuicSearch, JoinsAHelloFromTwoDatagramsInAnyOrder) {
  Talk in_order;
  in_order.say(0us, true, from_hex(kFirstHalf)).say(1us, true, from_hex(kSecondHalf));
  expect_both(in_order.say(1ms, false, from_hex(kRfc9001Server)).record());

  Talk reversed;
  reversed.say(0us, true, from_hex(kSecondHalf)).say(1us, true, from_hex(kSecondHalf));
  reversed.say(2us, true, from_hex(kFirstHalf)).say(3us, true, from_hex(kSecondHalf));
  expect_both(reversed.say(1ms, false, from_hex(kRfc9001Server)).record());
}

TEST(QuicSearch, HalfAHelloIsNoFingerprint) {
  for (const char* const half : {kFirstHalf, kSecondHalf}) {
    const auto record = Talk{}.say(0us, true, from_hex(half)).record();
    EXPECT_EQ(record.network_protocol.view(), "quic");
    EXPECT_TRUE(record.tls.ja3.empty());
    EXPECT_EQ(record.tls.no_fingerprint, NoFingerprint::incomplete);
  }
}

TEST(QuicSearch, TheOldestIncompleteHelloGivesWayWhenThePoolIsFull) {
  FlowSettings settings;
  settings.stream_heads = 1;
  Talk talk{settings};
  talk.say(0us, true, from_hex(kFirstHalf), 1000).say(1us, true, from_hex(kFirstHalf));
  EXPECT_EQ(talk.counters().heads_forgotten, 1U);
  talk.say(2us, true, from_hex(kSecondHalf), 1000).say(3us, true, from_hex(kSecondHalf));
  expect_client(talk.record());
  const auto displaced = talk.record(1000);
  EXPECT_EQ(displaced.network_protocol.view(), "quic");
  EXPECT_EQ(displaced.tls.no_fingerprint, NoFingerprint::pool_full);
  EXPECT_TRUE(displaced.tls.ja3.empty());
}

TEST(QuicSearch, AFlowThatEndsGivesItsHeadBack) {
  FlowSettings settings;
  settings.stream_heads = 1;
  Talk talk{settings};
  talk.say(0us, true, from_hex(kFirstHalf), 1000);
  (void)talk.record(1000);
  talk.say(1us, true, from_hex(kFirstHalf)).say(2us, true, from_hex(kSecondHalf));
  expect_client(talk.record());
  EXPECT_EQ(talk.counters().heads_forgotten, 0U);
}

}  // namespace
}  // namespace sekimori
