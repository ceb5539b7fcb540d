#include "sensor/flow/quic_timing.h"

#include <gtest/gtest.h>

#include "tests/unit/sensor/flow/quic_datagrams.h"
#include "tests/unit/sensor/flow/talk.h"
#include "tests/unit/sensor/handshake/hex.h"
#include "tests/unit/sensor/handshake/rfc9001.h"

namespace sekimori {
namespace {

using namespace std::chrono_literals;

// Behind a short header: the server's source id in RFC 9001, appendix A.3, and that of
// kRetriedServer.
const Buffer kAnswer = from_hex("40f067a5502a4262b5000000000000");
const Buffer kRetriedAnswer = from_hex("40c0ffee11c0ffee22000000000000");

std::optional<std::uint32_t> rtt_of(Talk& talk) {
  return talk.record().timing.quic_rtt_us;
}

// A session whose server greeted at 100 us.
struct Greeted : Talk {
  Greeted() {
    say(0us, true, from_hex(kRfc9001Client)).say(100us, false, from_hex(kRfc9001Server));
  }
};

TEST(QuicTiming, IsFromTheFlightToTheAnswerForTheServersId) {
  Greeted talk;
  EXPECT_EQ(rtt_of(talk.say(30'100us, true, kAnswer)), 30'000U);
}

TEST(QuicTiming, TheFirstAnswerCounts) {
  Greeted talk;
  talk.say(30'100us, true, kAnswer).say(40'100us, false, from_hex(kRfc9001Server));
  EXPECT_EQ(rtt_of(talk.say(50'100us, true, kAnswer)), 30'000U);
}

TEST(QuicTiming, WhatIsForAnotherIdAnswersNothing) {
  Greeted talk;
  talk.say(10'000us, true, from_hex("40f067a5502a4262b6000000000000"));
  EXPECT_EQ(rtt_of(talk.say(30'100us, true, kAnswer)), 30'000U);
}

TEST(QuicTiming, AnIdThatTheClientCouldTellFromItsOwnProvesNothing) {
  Talk talk;
  talk.say(0us, true, from_hex(kRfc9001Client)).say(100us, false, from_hex(kEchoingServer));
  talk.say(30'100us, true, from_hex("40e394c8f03e515708000000000000"));
  const auto record = talk.record();
  EXPECT_EQ(record.tls.version.view(), "1.3");
  EXPECT_FALSE(record.timing.quic_rtt_us);
}

TEST(QuicTiming, ARepeatedInitialAfterTheFlightLeavesItOut) {
  Greeted talk;
  talk.say(20'000us, true, from_hex(kRfc9001Client));
  EXPECT_FALSE(rtt_of(talk.say(30'100us, true, kAnswer)));
}

TEST(QuicTiming, ARepeatedFlightLeavesItOut) {
  Greeted talk;
  talk.say(20'000us, false, from_hex(kRfc9001Server));
  EXPECT_FALSE(rtt_of(talk.say(30'100us, true, kAnswer)));
}

TEST(QuicTiming, TheAnswerToARetryIsASampleAndTheSmallerCounts) {
  Talk talk;
  talk.say(0us, true, from_hex(kRfc9001Client)).say(1'000us, false, from_hex(kRfc9001Retry));
  talk.say(31'000us, true, from_hex(kRetriedClient)).say(31'100us, false, from_hex(kRetriedServer));
  EXPECT_EQ(rtt_of(talk.say(71'100us, true, kRetriedAnswer)), 30'000U);
}

TEST(QuicTiming, ARepeatedRetryLeavesItsSampleOut) {
  Talk talk;
  talk.say(0us, true, from_hex(kRfc9001Client)).say(1'000us, false, from_hex(kRfc9001Retry));
  talk.say(20'000us, false, from_hex(kRfc9001Retry)).say(31'000us, true, from_hex(kRetriedClient));
  talk.say(31'100us, false, from_hex(kRetriedServer));
  EXPECT_EQ(rtt_of(talk.say(71'100us, true, kRetriedAnswer)), 40'000U);
}

TEST(QuicTiming, AnAcknowledgementRightBeforeTheGreetingBelongsToTheFlight) {
  Talk talk;
  talk.say(0us, true, from_hex(kRfc9001Client)).say(100us, false, from_hex(kServerAck));
  talk.say(900us, false, from_hex(kRfc9001Server));
  EXPECT_EQ(rtt_of(talk.say(30'100us, true, kAnswer)), 30'000U);
}

// The client has the id long before the greeting: its probe may cross with it.
TEST(QuicTiming, AnAcknowledgementLongBeforeTheGreetingLeavesItOut) {
  Talk talk;
  talk.say(0us, true, from_hex(kRfc9001Client)).say(100us, false, from_hex(kServerAck));
  talk.say(65'000us, false, from_hex(kRfc9001Server)).say(70'000us, true, from_hex(kClientProbe));
  EXPECT_FALSE(rtt_of(talk.say(95'000us, true, kAnswer)));
}

TEST(QuicTiming, AProbeBeforeTheGreetingLeavesItOut) {
  Talk talk;
  talk.say(0us, true, from_hex(kRfc9001Client)).say(100us, false, from_hex(kServerAck));
  talk.say(60'000us, true, from_hex(kClientProbe)).say(65'000us, false, from_hex(kRfc9001Server));
  EXPECT_FALSE(rtt_of(talk.say(95'000us, true, kAnswer)));
}

}  // namespace
}  // namespace sekimori
