#include "sensor/flow/duplicate_filter.h"

#include <gtest/gtest.h>

#include <string_view>

#include "sensor/capture/packet_view.h"

namespace sekimori {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kFlow = 77;

Packet segment() {
  Packet packet;
  packet.time = Timestamp{1000s};
  packet.protocol = IpProtocol::tcp;
  packet.ttl = 64;
  packet.identification = 4711;
  packet.checksum = 0x1234;
  packet.ip_length = 140;
  packet.payload_length = 100;
  packet.tcp.sequence = 1000;
  packet.tcp.acknowledgment = 2000;
  packet.tcp.flags = kAck;
  packet.tcp.window = 512;
  return packet;
}

TEST(DuplicateFilter, TellsTheSamePacketFromAnother) {
  struct Case {
    std::string_view what;
    void (*change)(Packet&);
    bool duplicate;
  };
  const Case cases[] = {
      {"the same", [](Packet&) {}, true},
      {"behind a router", [](Packet& p) { p.ttl = 63; }, true},
      {"under another tag", [](Packet& p) { p.vlan = 20; }, true},
      {"stamped a little earlier", [](Packet& p) { p.time -= 200us; }, true},
      {"at the window's end", [](Packet& p) { p.time += 1ms; }, true},
      {"after it", [](Packet& p) { p.time += 1'001us; }, false},
      {"long before it", [](Packet& p) { p.time -= 1h; }, false},
      {"at the beginning of time", [](Packet& p) { p.time = kEarliestFrame; }, false},
      {"at its end", [](Packet& p) { p.time = kLatestFrame; }, false},
      {"a retransmission", [](Packet& p) { ++p.identification; }, false},
      {"another payload", [](Packet& p) { p.checksum = 1; }, false},
      {"another place in the stream", [](Packet& p) { ++p.tcp.sequence; }, false},
      {"another acknowledgment", [](Packet& p) { ++p.tcp.acknowledgment; }, false},
      {"another window", [](Packet& p) { ++p.tcp.window; }, false},
      {"with a FIN", [](Packet& p) { p.tcp.flags |= kFin; }, false},
      {"another length", [](Packet& p) { ++p.ip_length; }, false},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    DuplicateFilter filter;
    Packet again = segment();
    EXPECT_FALSE(filter.is_duplicate(segment(), kFlow));
    row.change(again);
    EXPECT_EQ(filter.is_duplicate(again, kFlow), row.duplicate);
    EXPECT_FALSE(filter.is_duplicate(again, kFlow + 1)) << "of another flow";
  }
}

// Equal words do not make one packet: receivers repeat bare acknowledgments (RFC 5681, section 2).
TEST(DuplicateFilter, LeavesWhatCannotBeTold) {
  struct Case {
    std::string_view what;
    void (*change)(Packet&);
    bool duplicate;
  };
  const Case cases[] = {
      {"data", [](Packet&) {}, true},
      {"a bare acknowledgment", [](Packet& p) { p.payload_length = 0; }, false},
      {"a SYN",
       [](Packet& p) {
         p.payload_length = 0;
         p.tcp.flags = kSyn;
       },
       true},
      {"a datagram with a checksum", [](Packet& p) { p.protocol = IpProtocol::udp; }, true},
      {"a datagram without one",
       [](Packet& p) {
         p.protocol = IpProtocol::udp;
         p.checksum = 0;
       },
       false},
      {"ESP", [](Packet& p) { p.protocol = IpProtocol::esp; }, false},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    DuplicateFilter filter;
    Packet packet = segment();
    packet.identification = 0;
    row.change(packet);
    EXPECT_FALSE(filter.is_duplicate(packet, kFlow));
    EXPECT_EQ(filter.is_duplicate(packet, kFlow), row.duplicate);
  }
}

TEST(DuplicateFilter, TheEndsOfTimeAreFarApart) {
  DuplicateFilter filter;
  Packet packet = segment();
  packet.time = kLatestFrame;
  EXPECT_FALSE(filter.is_duplicate(packet, kFlow));
  packet.time = kEarliestFrame;
  EXPECT_FALSE(filter.is_duplicate(packet, kFlow));
}

TEST(DuplicateFilter, FindsDuplicatesBehindManyPackets) {
  DuplicateFilter filter;
  Packet packet = segment();
  int found = 0;
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t n = 0; n < 64; ++n) {
      packet.tcp.sequence = n;
      found += filter.is_duplicate(packet, kFlow) ? 1 : 0;
    }
  }
  EXPECT_GE(found, 60);  // a few may share a place
}

}  // namespace
}  // namespace sekimori
