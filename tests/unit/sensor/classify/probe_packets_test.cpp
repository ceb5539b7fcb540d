#include "sensor/classify/probe_packets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace sekimori {
namespace {

using testing::ElementsAreArray;
using Octets = std::vector<std::uint8_t>;

const Octets kQuestion{'a', 'b', 'c'};
const Octets kAnswer{'d'};

FlowRequest request_of(IpProtocol protocol, const char* client, const char* server) {
  FlowRequest request;
  request.protocol = protocol;
  request.client = *IpAddress::parse(client);
  request.server = *IpAddress::parse(server);
  request.client_port = 50000;
  request.server_port = 53;
  request.packets.push_back({true, kQuestion});
  request.packets.push_back({false, kAnswer});
  return request;
}

// Typed from RFC 791, section 3.1, and RFC 768.
TEST(ProbePackets, UdpOverIpv4) {
  const FlowRequest request = request_of(IpProtocol::udp, "10.0.0.1", "192.0.2.53");
  ProbePackets packets{request};
  EXPECT_THAT(packets.next(),
              ElementsAreArray(Octets{0x45, 0,    0, 31, 0, 1,   0x40, 0, 64,  17,  0,
                                      0,    10,   0, 0,  1, 192, 0,    2, 53,  //
                                      0xc3, 0x50, 0, 53, 0, 11,  0,    0, 'a', 'b', 'c'}));
  EXPECT_THAT(packets.next(),
              ElementsAreArray(Octets{0x45, 0,  0,    29,   0, 2,  0x40, 0, 64, 17,
                                      0,    0,  192,  0,    2, 53, 10,   0, 0,  1,  //
                                      0,    53, 0xc3, 0x50, 0, 9,  0,    0, 'd'}));
  EXPECT_TRUE(packets.next().empty());
  EXPECT_TRUE(packets.next().empty());
}

// RFC 8200, section 3, and RFC 9293, section 3.1: the handshake first, then bytes without a hole.
TEST(ProbePackets, TcpOverIpv6) {
  const FlowRequest request = request_of(IpProtocol::tcp, "2001:db8::1", "2001:db8::2");
  ProbePackets packets{request};
  const auto header = [](std::size_t payload, bool from_client) {
    Octets bytes{0x60, 0, 0, 0, 0, static_cast<std::uint8_t>(20 + payload), 6, 64};
    for (const std::uint8_t host : from_client ? Octets{1, 2} : Octets{2, 1}) {
      bytes.insert(bytes.end(), {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host});
    }
    return bytes;
  };
  const auto segment = [&](bool from_client, std::uint8_t sequence, std::uint8_t acknowledged,
                           std::uint8_t flags, const Octets& payload) {
    Octets bytes = header(payload.size(), from_client);
    const Octets ports = from_client ? Octets{0xc3, 0x50, 0, 53} : Octets{0, 53, 0xc3, 0x50};
    bytes.insert(bytes.end(), ports.begin(), ports.end());
    bytes.insert(bytes.end(),
                 {0, 0, 0, sequence, 0, 0, 0, acknowledged, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0});
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
  };
  EXPECT_THAT(packets.next(), ElementsAreArray(segment(true, 0, 0, 0x02, {})));
  EXPECT_THAT(packets.next(), ElementsAreArray(segment(false, 0, 1, 0x12, {})));
  EXPECT_THAT(packets.next(), ElementsAreArray(segment(true, 1, 1, 0x10, {})));
  EXPECT_THAT(packets.next(), ElementsAreArray(segment(true, 1, 1, 0x18, kQuestion)));
  EXPECT_THAT(packets.next(), ElementsAreArray(segment(false, 1, 4, 0x18, kAnswer)));
  EXPECT_TRUE(packets.next().empty());
}

}  // namespace
}  // namespace sekimori
