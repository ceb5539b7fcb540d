#pragma once

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "sensor/flow/flow_tracker.h"

namespace sekimori {

using Buffer = std::vector<std::uint8_t>;

// Sends datagrams between clients, told apart by their ports, and one server.
class Talk {
 public:
  static constexpr std::uint16_t kPort = 50123;

  explicit Talk(FlowSettings settings = {})
      : settings_{std::move(settings)}, tracker_{settings_, samples_} {}

  Talk& say(std::chrono::microseconds at, bool from_client, const Buffer& payload,
            std::uint16_t port = kPort) {
    Packet packet;
    packet.time = Timestamp{std::chrono::seconds{1000}} + at;
    packet.source = *IpAddress::parse(from_client ? "203.0.113.9" : "192.0.2.1");
    packet.destination = *IpAddress::parse(from_client ? "192.0.2.1" : "203.0.113.9");
    packet.source_port = from_client ? port : 443;
    packet.destination_port = from_client ? 443 : port;
    packet.protocol = IpProtocol::udp;
    packet.payload = payload;
    packet.payload_length = static_cast<std::uint32_t>(payload.size());
    tracker_.observe(packet, place_of(packet, 0), records_);
    return *this;
  }

  // Ends every flow and yields the one of this client port.
  SessionRecord record(std::uint16_t port = kPort) {
    while (!tracker_.drain(8, records_)) {
    }
    for (const SessionRecord& record : records_) {
      if (record.client.port == port) return record;
    }
    ADD_FAILURE() << "no record of port " << port;
    return {};
  }

  HelloCounters counters() const { return tracker_.hello_counters(); }

 private:
  FlowSettings settings_;
  FlowSamples samples_;
  FlowTracker tracker_;
  Records records_;
};

}  // namespace sekimori
