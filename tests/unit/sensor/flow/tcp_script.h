#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "sensor/flow/flow_tracker.h"

namespace sekimori {

// One connection for the tests of this folder, told packet by packet.

using namespace std::chrono_literals;
using std::chrono::microseconds;

inline const IpAddress kClient = *IpAddress::parse("203.0.113.9");
inline const IpAddress kServer = *IpAddress::parse("192.0.2.1");

// A ClientHello as RFC 5246, section 7.4.1.2, lays it out: two suites, no extensions.
// JA3 string "769,4-5,,,"; MD5 by `printf 769,4-5,,, | md5sum`.
inline const std::vector<std::uint8_t> kHello = [] {
  std::vector<std::uint8_t> hello{0x16, 0x03, 0x01, 0x00, 0x2f, 0x01, 0x00, 0x00, 0x2b, 0x03, 0x01};
  hello.insert(hello.end(), 32, 0x55);                                    // random
  hello.insert(hello.end(), {0x00, 0x00, 0x04, 0x00, 0x04, 0x00, 0x05});  // session, suites
  hello.insert(hello.end(), {0x01, 0x00});                                // compression
  return hello;
}();
inline constexpr std::string_view kHelloJa3 = "1d70598d8ccdfcb836bfeb091ab8e469";

// Speaks TCP frame by frame, with sequence numbers relative to each side's first byte.
class Script {
 public:
  explicit Script(FlowSettings settings = {})
      : settings_{std::move(settings)}, tracker_{settings_, samples_} {}

  struct Say {
    microseconds at;
    bool from_client;
    std::uint8_t flags;
    std::uint32_t sequence;  // 0: the SYN itself, 1: the first byte
    std::uint32_t acknowledgment;
    Bytes payload;
    Bytes options{};
  };
  Script& say(const Say& what) {
    Packet packet;
    packet.time = Timestamp{1000s} + what.at;
    packet.source = what.from_client ? kClient : kServer;
    packet.destination = what.from_client ? kServer : kClient;
    packet.source_port = what.from_client ? client_port : 443;
    packet.destination_port = what.from_client ? 443 : client_port;
    packet.protocol = IpProtocol::tcp;
    packet.ttl = 57;
    packet.identification = ++identification_;  // sent again, not doubled by a mirror
    packet.ip_length = static_cast<std::uint32_t>(40 + what.payload.size());
    packet.tcp.flags = what.flags;
    packet.tcp.sequence = what.sequence + (what.from_client ? client_isn : kServerIsn);
    packet.tcp.acknowledgment = what.acknowledgment + (what.from_client ? kServerIsn : client_isn);
    packet.tcp.window = 64240;
    packet.tcp.options = what.options;
    packet.payload = what.payload;
    packet.payload_length = static_cast<std::uint32_t>(what.payload.size());
    tracker_.observe(packet, place_of(packet, 0), records_);
    return *this;
  }
  Script& handshake() {
    return say({0us, true, kSyn, 0, 0, {}})
        .say({200us, false, kSyn | kAck, 0, 1, {}})
        .say({30'200us, true, kAck, 1, 1, {}});
  }
  SessionRecord only_record() {
    while (!tracker_.drain(8, records_)) {
    }
    EXPECT_EQ(records_.size(), 1U);
    return records_.empty() ? SessionRecord{} : records_.front();
  }
  Records& records() { return records_; }
  FlowTracker& tracker() { return tracker_; }

  std::uint16_t client_port = 50123;
  // Close to the end of the circle, so that every sum wraps.
  std::uint32_t client_isn = 0xfffffff0U;
  static constexpr std::uint32_t kServerIsn = 0xffffffffU;

 private:
  std::uint16_t identification_ = 0;
  FlowSettings settings_;
  FlowSamples samples_;
  FlowTracker tracker_;
  Records records_;
};

inline const std::vector<std::uint8_t> kSomeServerBytes(100, 0x17);
inline const std::vector<std::uint8_t> kFinished{0x14, 0x03, 0x03, 0x00, 0x01, 0x01};
inline const auto kHelloEnd = static_cast<std::uint32_t>(1 + kHello.size());

}  // namespace sekimori
