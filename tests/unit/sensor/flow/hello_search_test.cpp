#include "sensor/flow/hello_search.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "sensor/flow/flow_tracker.h"
#include "tests/unit/sensor/handshake/hex.h"

namespace sekimori {
namespace {

using Buffer = std::vector<std::uint8_t>;

const IpAddress kClient = *IpAddress::parse("203.0.113.9");
const IpAddress kServer = *IpAddress::parse("192.0.2.1");

// RFC 5246, section 7.4.1.2: two suites, no extensions. JA3: `printf 769,4-5,,, | md5sum`.
const Buffer kHello =
    from_hex("160301002f0100002b0301" + std::string(64, '5') + "0000040004000501" + "00");
constexpr std::string_view kJa3 = "1d70598d8ccdfcb836bfeb091ab8e469";
// RFC 5246, section 7.4.1.3. JA3S: `printf 769,4, | md5sum`.
const Buffer kServerHello =
    from_hex("160301002a020000260301" + std::string(64, '6') + "00" + "0004" + "00");
constexpr std::string_view kJa3s = "53611273a714cb4789c8222932efd5a7";

const std::string kLine = "PROXY TCP4 198.51.100.7 192.0.2.80 40123 443\r\n";
const Buffer kHeader{kLine.begin(), kLine.end()};
const Buffer kHeader2 = from_hex(
    "0d0a0d0a000d0a515549540a"
    "2111000fc6336407c00002509cbb01bb040000");
const Buffer kLocal = from_hex("0d0a0d0a000d0a515549540a20000000");

Buffer operator+(Buffer first, const Buffer& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// A connection whose sides say one segment after the other.
class Talk {
 public:
  explicit Talk(Path path = Path::undeclared)
      : settings_{settings_of(path)}, tracker_{settings_, samples_} {
    segment(true, kSyn, {});
    segment(false, kSyn | kAck, {});
    segment(true, kAck, {});
  }
  Talk& client(Bytes payload) { return segment(true, kAck, payload); }
  Talk& server(Bytes payload) { return segment(false, kAck, payload); }
  SessionRecord record() {
    while (!tracker_.drain(8, records_)) {
    }
    EXPECT_EQ(records_.size(), 1U);
    return records_.empty() ? SessionRecord{} : records_.front();
  }

 private:
  static FlowSettings settings_of(Path path) {
    FlowSettings settings;
    settings.path = path;
    return settings;
  }
  Talk& segment(bool from_client, std::uint8_t flags, Bytes payload) {
    std::uint32_t& next = from_client ? client_next_ : server_next_;
    Packet packet;
    packet.time = now_ += std::chrono::milliseconds{10};
    packet.source = from_client ? kClient : kServer;
    packet.destination = from_client ? kServer : kClient;
    packet.source_port = from_client ? 50123 : 443;
    packet.destination_port = from_client ? 443 : 50123;
    packet.protocol = IpProtocol::tcp;
    packet.tcp.flags = flags;
    packet.tcp.sequence = next;
    packet.tcp.acknowledgment = from_client ? server_next_ : client_next_;
    packet.payload = payload;
    packet.payload_length = static_cast<std::uint32_t>(payload.size());
    next += packet.payload_length + ((flags & kSyn) != 0 ? 1U : 0U);
    tracker_.observe(packet, place_of(packet, 0), records_);
    return *this;
  }

  FlowSettings settings_;
  FlowSamples samples_;
  FlowTracker tracker_;
  Records records_;
  Timestamp now_{std::chrono::seconds{1000}};
  std::uint32_t client_next_ = 0xfffffff0U;
  std::uint32_t server_next_ = 7;
};

TEST(HelloSearch, GoesOnBehindAProxyHeader) {
  for (const Buffer& header : {kHeader, kHeader2, kLocal}) {
    const Buffer whole = header + kHello;
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
      SCOPED_TRACE(cut);
      Talk talk;
      talk.client(Bytes{whole}.first(cut)).client(Bytes{whole}.subspan(cut)).server(kServerHello);
      const SessionRecord record = talk.record();
      EXPECT_EQ(record.tls.ja3.view(), kJa3);
      EXPECT_EQ(record.tls.ja3s.view(), kJa3s);
      EXPECT_EQ(record.network_protocol.view(), "tls");
      EXPECT_EQ(record.timing.client_rtt_us, 10'000U);
      EXPECT_FALSE(record.timing.hello_delay_us);
    }
  }
}

TEST(HelloSearch, BelievesAProxyHeaderOnlyWhereALoadBalancerIsDeclared) {
  for (const Path path : {Path::undeclared, Path::direct, Path::l7}) {
    const SessionRecord record = Talk{path}.client(kHeader + kHello).record();
    EXPECT_EQ(record.client.ip, kClient);
    EXPECT_EQ(record.client.port, 50123);
    EXPECT_FALSE(record.proxy.ip);
  }
  for (const Buffer& header : {kHeader, kHeader2}) {
    // Whether or not a hello follows.
    for (const Buffer& rest : {kHello, Buffer{}, Buffer{'G', 'E', 'T', ' ', '/'}}) {
      const SessionRecord record = Talk{Path::l4}.client(header + rest).record();
      EXPECT_EQ(record.client.ip, *IpAddress::parse("198.51.100.7"));
      EXPECT_EQ(record.client.port, 40123);
      EXPECT_EQ(record.client.packets, 3U);
      EXPECT_EQ(record.proxy.ip, kClient);
      EXPECT_EQ(record.proxy.port, 50123);
      EXPECT_EQ(record.server.ip, kServer);
    }
  }
}

TEST(HelloSearch, AHeaderThatNamesNobodyLeavesThePeerTheClient) {
  const SessionRecord record = Talk{Path::l4}.client(kLocal + kHello).record();
  EXPECT_EQ(record.client.ip, kClient);
  EXPECT_FALSE(record.proxy.ip);
}

TEST(HelloSearch, AServerWritesNoProxyHeader) {
  const SessionRecord record =
      Talk{Path::l4}.client(kHello).server(kHeader + kServerHello).record();
  EXPECT_EQ(record.client.ip, kClient);
  EXPECT_FALSE(record.proxy.ip);
  EXPECT_TRUE(record.tls.ja3s.empty());
}

TEST(HelloSearch, AHeaderAloneIsNoHello) {
  const SessionRecord alone = Talk{}.client(kHeader).record();
  EXPECT_EQ(alone.tls.no_fingerprint, NoFingerprint::none);
  EXPECT_TRUE(alone.network_protocol.view().empty());
  const SessionRecord begun = Talk{}.client(kHeader + Buffer{0x16, 0x03}).record();
  EXPECT_EQ(begun.tls.no_fingerprint, NoFingerprint::incomplete);
}

// One control packet, and before the first of each side its hard reset.
Buffer control(bool from_client, std::uint8_t id, Bytes tls) {
  Buffer packet = from_hex(from_client ? "0000205555555555555555" : "0000206666666666666666");
  packet = packet + Buffer{0, 0, 0, 0, id} + Buffer(tls.begin(), tls.end());
  packet[1] = static_cast<std::uint8_t>(packet.size() - 2);
  return packet;
}
const Buffer kClientReset = from_hex("000e3855555555555555550000000000");
const Buffer kServerReset = from_hex(
    "001a40666666666666666601000000005555555555555555"
    "00000000");

TEST(HelloSearch, FindsTheHelloInsideOpenVpn) {
  const Bytes hello{kHello};
  for (std::size_t cut = 1; cut < hello.size(); ++cut) {
    SCOPED_TRACE(cut);
    const Buffer first = control(true, 1, hello.first(cut));
    Talk talk;
    talk.client(kClientReset)
        .server(kServerReset)
        .client(first)
        .client(first + control(true, 2, hello.subspan(cut)))
        .server(control(false, 1, kServerHello))
        .client(from_hex("001628555555555555555501000000016666666666666666"));
    const SessionRecord record = talk.record();
    EXPECT_EQ(record.tls.ja3.view(), kJa3);
    EXPECT_EQ(record.tls.ja3s.view(), kJa3s);
    EXPECT_EQ(record.network_protocol.view(), "openvpn");
    EXPECT_FALSE(record.timing.hello_delay_us);
    EXPECT_FALSE(record.timing.tls_gap_us);
  }
}

TEST(HelloSearch, AResetAloneIsNoHello) {
  const SessionRecord record = Talk{}.client(kClientReset).server(kServerReset).record();
  EXPECT_EQ(record.tls.no_fingerprint, NoFingerprint::none);
  EXPECT_EQ(record.network_protocol.view(), "openvpn");
}

TEST(HelloSearch, AByteThatCouldBecomeACarrierIsNoHello) {
  // Probes of keep-alive (a zero), SIP's (two line ends), the start of a word.
  for (const Buffer& start : {Buffer{0}, Buffer{'\r', '\n', '\r', '\n'}, Buffer{'P'}}) {
    const SessionRecord record = Talk{}.client(start).record();
    EXPECT_EQ(record.tls.no_fingerprint, NoFingerprint::none);
    EXPECT_TRUE(record.network_protocol.view().empty());
  }
  EXPECT_EQ(Talk{}.client(Buffer{0x16}).record().tls.no_fingerprint, NoFingerprint::incomplete);
}

TEST(HelloSearch, AHelloInASegmentOfItsOwnIsFoundBehindAnything) {
  // The first byte could have become a packet of OpenVPN.
  const SessionRecord record = Talk{}.client(Buffer{0}).client(kHello).record();
  EXPECT_EQ(record.tls.ja3.view(), kJa3);
}

}  // namespace
}  // namespace sekimori
