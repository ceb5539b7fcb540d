#include "sensor/flow/datagram_finder.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/sensor/flow/talk.h"
#include "tests/unit/sensor/handshake/hex.h"
#include "tests/unit/sensor/handshake/rfc9001.h"

namespace sekimori {
namespace {

using namespace std::chrono_literals;

// Begins like the Initial of RFC 9001, appendix A.2, and opens with no key.
Buffer changed_initial() {
  auto changed = from_hex(kRfc9001Client);
  changed.back() ^= 1U;
  return changed;
}

// What the record says of a flow that begins with QUIC's hello after these.
std::string protocol_after(int datagrams, const Buffer& strange) {
  Talk talk;
  for (int i = 0; i < datagrams; ++i) talk.say(std::chrono::microseconds{i}, true, strange);
  const auto record = talk.say(1ms, true, from_hex(kRfc9001Client)).record();
  return std::string{record.network_protocol.view()};
}

TEST(DatagramFinder, WhatDoesNotOpenIsNoQuic) {
  const auto record = Talk{}.say(0us, true, changed_initial()).record();
  EXPECT_TRUE(record.network_protocol.empty());
  EXPECT_TRUE(record.tls.ja3.empty());
  EXPECT_EQ(record.tls.no_fingerprint, NoFingerprint::none);
}

TEST(DatagramFinder, PatienceWithWhatOnlyBeginsLikeQuicEnds) {
  EXPECT_EQ(protocol_after(15, changed_initial()), "quic");
  EXPECT_EQ(protocol_after(16, changed_initial()), "");
}

TEST(DatagramFinder, PatienceWithOtherProtocolsEnds) {
  const Buffer dns{0x12, 0x34, 0x01, 0x00, 0x00, 0x01};
  EXPECT_EQ(protocol_after(15, dns), "quic");
  EXPECT_EQ(protocol_after(16, dns), "");
}

// RFC 8489, section 5: a Binding request. Ends of WebRTC may send many before their hello.
TEST(DatagramFinder, StunTriesNobodysPatience) {
  const auto stun = from_hex("000100002112a442000102030405060708090a0b");
  EXPECT_EQ(protocol_after(500, stun), "quic");
}

TEST(DatagramFinder, AnEmptyDatagramIsNothing) {
  EXPECT_EQ(protocol_after(500, {}), "quic");
}

}  // namespace
}  // namespace sekimori
