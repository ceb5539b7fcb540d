#include "sensor/flow/datagram_finder.h"

#include <gtest/gtest.h>

#include <vector>

#include "sensor/flow/flow_tracker.h"
#include "tests/unit/sensor/handshake/hex.h"
#include "tests/unit/sensor/handshake/rfc9001.h"

namespace sekimori {
namespace {

using namespace std::chrono_literals;
using Buffer = std::vector<std::uint8_t>;

// Sends datagrams between two ends and yields the only record.
class Talk {
 public:
  Talk& say(std::chrono::microseconds at, bool from_client, const Buffer& payload) {
    Packet packet;
    packet.time = Timestamp{1000s} + at;
    packet.source = *IpAddress::parse(from_client ? "203.0.113.9" : "192.0.2.1");
    packet.destination = *IpAddress::parse(from_client ? "192.0.2.1" : "203.0.113.9");
    packet.source_port = from_client ? 50123 : 443;
    packet.destination_port = from_client ? 443 : 50123;
    packet.protocol = IpProtocol::udp;
    packet.payload = payload;
    packet.payload_length = static_cast<std::uint32_t>(payload.size());
    tracker_.observe(packet, place_of(packet, 0), records_);
    return *this;
  }
  SessionRecord record() {
    while (!tracker_.drain(8, records_)) {
    }
    EXPECT_EQ(records_.size(), 1U);
    return records_.empty() ? SessionRecord{} : records_.front();
  }

 private:
  FlowSettings settings_;
  FlowTracker tracker_{settings_};
  Records records_;
};

// The server's source id in RFC 9001, appendix A.3, behind a short header.
const Buffer kAnswer = from_hex("40f067a5502a4262b5000000000000");

TEST(DatagramFinder, ReadsTheHellosOfRfc9001AndTimesTheAnswer) {
  Talk talk;
  talk.say(0us, true, from_hex(kRfc9001Client)).say(100us, false, from_hex(kRfc9001Server));
  const auto record = talk.say(30'100us, true, kAnswer).record();
  EXPECT_EQ(record.network_protocol.view(), "quic");
  EXPECT_EQ(record.tls.server_name.view(), "example.com");
  EXPECT_EQ(record.tls.ja4.view().front(), 'q');
  EXPECT_EQ(record.tls.version.view(), "1.3");
  EXPECT_EQ(record.timing.quic_rtt_us, 30'000U);
}

TEST(DatagramFinder, ARepeatedInitialAfterTheFlightLeavesTheTimeOut) {
  Talk talk;
  talk.say(0us, true, from_hex(kRfc9001Client)).say(100us, false, from_hex(kRfc9001Server));
  talk.say(20'000us, true, from_hex(kRfc9001Client));
  EXPECT_FALSE(talk.say(30'100us, true, kAnswer).record().timing.quic_rtt_us);
}

TEST(DatagramFinder, WhatDoesNotOpenIsNoQuic) {
  auto changed = from_hex(kRfc9001Client);
  changed.back() ^= 1U;
  const auto record = Talk{}.say(0us, true, changed).record();
  EXPECT_TRUE(record.network_protocol.empty());
  EXPECT_TRUE(record.tls.ja3.empty());
}

}  // namespace
}  // namespace sekimori
