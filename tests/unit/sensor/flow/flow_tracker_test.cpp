#include "sensor/flow/flow_tracker.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sekimori {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

const IpAddress kClient = *IpAddress::parse("203.0.113.9");
const IpAddress kServer = *IpAddress::parse("192.0.2.1");

// A ClientHello as RFC 5246, section 7.4.1.2, lays it out: two suites, no extensions.
// JA3 string "769,4-5,,,"; MD5 by `printf 769,4-5,,, | md5sum`.
const std::vector<std::uint8_t> kHello = [] {
  std::vector<std::uint8_t> hello{0x16, 0x03, 0x01, 0x00, 0x2f, 0x01, 0x00, 0x00, 0x2b, 0x03, 0x01};
  hello.insert(hello.end(), 32, 0x55);                                    // random
  hello.insert(hello.end(), {0x00, 0x00, 0x04, 0x00, 0x04, 0x00, 0x05});  // session, suites
  hello.insert(hello.end(), {0x01, 0x00});                                // compression
  return hello;
}();
constexpr std::string_view kHelloJa3 = "1d70598d8ccdfcb836bfeb091ab8e469";

// Speaks TCP frame by frame, with sequence numbers relative to each side's first byte.
class Script {
 public:
  explicit Script(FlowSettings settings = {})
      : settings_{std::move(settings)}, tracker_{settings_} {}

  struct Say {
    microseconds at;
    bool from_client;
    std::uint8_t flags;
    std::uint32_t sequence;  // 0: the SYN itself, 1: the first byte
    std::uint32_t acknowledgment;
    Bytes payload;
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
    packet.ip_length = static_cast<std::uint32_t>(40 + what.payload.size());
    packet.tcp.flags = what.flags;
    packet.tcp.sequence = what.sequence + (what.from_client ? client_isn : kServerIsn);
    packet.tcp.acknowledgment = what.acknowledgment + (what.from_client ? kServerIsn : client_isn);
    packet.tcp.window = 64240;
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
  FlowSettings settings_;
  FlowTracker tracker_;
  Records records_;
};

const std::vector<std::uint8_t> kSomeServerBytes(100, 0x17);
const std::vector<std::uint8_t> kFinished{0x14, 0x03, 0x03, 0x00, 0x01, 0x01};
const auto kHelloEnd = static_cast<std::uint32_t>(1 + kHello.size());

TEST(FlowTracker, MeasuresAWholeOpening) {
  Script script;
  script.handshake()
      .say({30'900us, true, kAck, 1, 1, kHello})
      .say({33'000us, false, kAck, 1, kHelloEnd, kSomeServerBytes})
      .say({64'000us, true, kAck, kHelloEnd, 101, kFinished});
  const SessionRecord record = script.only_record();
  EXPECT_EQ(record.client.ip, kClient);
  EXPECT_EQ(record.client.port, 50123);
  EXPECT_EQ(record.server.port, 443);
  EXPECT_EQ(record.client.packets, 4U);
  EXPECT_EQ(record.client.bytes, 4 * 40 + kHello.size() + kFinished.size());
  EXPECT_EQ(record.timing.server_rtt_us, 200U);
  EXPECT_EQ(record.timing.client_rtt_us, 30'000U);
  EXPECT_EQ(record.timing.hello_delay_us, 700U);
  EXPECT_EQ(record.timing.tls_gap_us, 31'000U);
  EXPECT_EQ(record.tls.ja3.view(), kHelloJa3);
  EXPECT_EQ(record.network_protocol.view(), "tls");
  EXPECT_EQ(record.syn.ttl, 57);
  EXPECT_EQ(record.syn.window, 64240);
}

TEST(FlowTracker, LeavesOutWhatARepeatMakesDoubtful) {
  struct Case {
    std::string_view what;
    std::vector<Script::Say> says;
    bool client_rtt, server_rtt, hello_delay;
  };
  const Script::Say syn{0us, true, kSyn, 0, 0, {}};
  const Script::Say syn_ack{200us, false, kSyn | kAck, 0, 1, {}};
  const Script::Say ack{30'200us, true, kAck, 1, 1, {}};
  const Script::Say hello{30'900us, true, kAck, 1, 1, kHello};
  const Bytes half = Bytes{kHello}.first(20);
  const Bytes rest = Bytes{kHello}.subspan(20);
  const Case cases[] = {
      {"clean", {syn, syn_ack, ack, hello}, true, true, true},
      {"SYN twice", {syn, syn, syn_ack, ack, hello}, true, false, true},
      {"SYN-ACK twice", {syn, syn_ack, syn_ack, ack, hello}, false, false, true},
      {"hello takes the place of the ACK", {syn, syn_ack, hello}, false, true, false},
      {"no SYN-ACK was seen", {syn, ack, hello}, false, false, false},
      {"no SYN was seen", {syn_ack, ack, hello}, true, false, true},
      {"the SYN-ACK before its SYN",
       {{0us, false, kSyn | kAck, 0, 1, {}}, {300us, true, kSyn, 0, 0, {}}, ack, hello},
       false,
       false,
       true},
      {"SYN-ACK and ACK in one moment",
       {syn, syn_ack, {200us, true, kAck, 1, 1, {}}, hello},
       false,
       true,
       true},
      {"SYN-ACK again after the ACK", {syn, syn_ack, ack, syn_ack, hello}, true, true, true},
      {"first half of the hello twice",
       {syn,
        syn_ack,
        ack,
        {30'900us, true, kAck, 1, 1, half},
        {31'900us, true, kAck, 1, 1, half},
        {32'000us, true, kAck, 21, 1, rest}},
       true,
       true,
       false},
      {"second half of the hello first",
       {syn, syn_ack, ack, {30'900us, true, kAck, 21, 1, rest}, {31'000us, true, kAck, 1, 1, half}},
       true,
       true,
       false},
      {"a SYN-ACK for another SYN",
       {syn, {100us, false, kSyn | kAck, 0, 77, {}}, syn_ack, ack, hello},
       true,
       false,
       true},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    Script script;
    for (const Script::Say& say : row.says) script.say(say);
    const SessionRecord record = script.only_record();
    EXPECT_EQ(record.timing.client_rtt_us.has_value(), row.client_rtt);
    EXPECT_EQ(record.timing.server_rtt_us.has_value(), row.server_rtt);
    EXPECT_EQ(record.timing.hello_delay_us.has_value(), row.hello_delay);
    EXPECT_EQ(record.tls.ja3.view(), kHelloJa3);
  }
}

TEST(FlowTracker, MeasuresAGapOnlyOverAcknowledgedBytes) {
  struct Case {
    std::string_view what;
    std::vector<Script::Say> says;
    std::optional<std::uint32_t> gap;
  };
  const Script::Say flight{33'000us, false, kAck, 1, kHelloEnd, kSomeServerBytes};
  const Script::Say answer{64'000us, true, kAck, kHelloEnd, 101, kFinished};
  const Case cases[] = {
      {"clean", {flight, answer}, 31'000U},
      {"last byte of two segments counts",
       {flight,
        {35'000us, false, kAck, 101, kHelloEnd, kSomeServerBytes},
        {64'000us, true, kAck, kHelloEnd, 201, kFinished}},
       29'000U},
      {"the answer has not seen the last byte",
       {flight, {63'000us, false, kAck, 101, kHelloEnd, kSomeServerBytes}, answer},
       std::nullopt},
      {"the server repeats itself", {flight, flight, answer}, std::nullopt},
      {"the client speaks first",
       {{32'000us, true, kAck, kHelloEnd, 1, kFinished}, flight},
       std::nullopt},
      {"a hole in the server's flight",
       {{33'000us, false, kAck, 11, kHelloEnd, Bytes{kSomeServerBytes}.first(90)}, answer},
       std::nullopt},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    Script script;
    script.handshake().say({30'900us, true, kAck, 1, 1, kHello});
    for (const Script::Say& say : row.says) script.say(say);
    EXPECT_EQ(script.only_record().timing.tls_gap_us, row.gap);
  }
}

TEST(FlowTracker, FindsAHelloHoweverItIsCut) {
  for (std::size_t piece = 1; piece <= kHello.size(); ++piece) {
    for (const bool backwards : {false, true}) {
      SCOPED_TRACE(testing::Message() << piece << (backwards ? " backwards" : " forwards"));
      Script script;
      script.handshake();
      const std::size_t count = (kHello.size() + piece - 1) / piece;
      for (std::size_t n = 0; n < count; ++n) {
        const std::size_t at = (backwards ? count - 1 - n : n) * piece;
        const Bytes part = Bytes{kHello}.subspan(at, std::min(piece, kHello.size() - at));
        script.say({31'000us, true, kAck, static_cast<std::uint32_t>(1 + at), 1, part});
      }
      EXPECT_EQ(script.only_record().tls.ja3.view(), kHelloJa3);
    }
  }
}

TEST(FlowTracker, FindsAHelloBehindAnotherProtocol) {
  // RFC 3207, section 4: the client says STARTTLS, the server agrees, then TLS begins.
  const std::string_view banner = "220 mail.example ESMTP\r\n";
  const std::string_view command = "STARTTLS\r\n";
  const auto bytes_of = [](std::string_view text) {
    return Bytes{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  };
  const auto banner_end = static_cast<std::uint32_t>(1 + banner.size());
  const auto command_end = static_cast<std::uint32_t>(1 + command.size());
  Script script;
  script.handshake()
      .say({31'000us, false, kAck, 1, 1, bytes_of(banner)})
      .say({62'000us, true, kAck, 1, banner_end, bytes_of(command)})
      .say({63'000us, false, kAck, banner_end, command_end, bytes_of("220 go\r\n")})
      .say({94'000us, true, kAck, command_end, banner_end + 8, Bytes{kHello}.first(20)})
      .say({94'100us, true, kAck, command_end + 20, banner_end + 8, Bytes{kHello}.subspan(20)});
  const SessionRecord record = script.only_record();
  EXPECT_EQ(record.tls.ja3.view(), kHelloJa3);
  EXPECT_FALSE(record.timing.hello_delay_us);
}

TEST(FlowTracker, SaysThatAHelloIsIncomplete) {
  for (std::size_t size = 1; size < kHello.size(); ++size) {
    Script script;
    script.handshake().say({31'000us, true, kAck, 1, 1, Bytes{kHello}.first(size)});
    const SessionRecord record = script.only_record();
    EXPECT_TRUE(record.tls.ja3.empty());
    EXPECT_EQ(record.tls.no_fingerprint, NoFingerprint::incomplete) << size;
  }
}

TEST(FlowTracker, NamesTheClientOfASessionJoinedMidway) {
  FlowSettings inside;
  inside.inside_networks = {*Network::parse("192.0.2.0/24")};
  FlowSettings egress = inside;
  egress.vantage = Vantage::egress;
  struct Case {
    std::string_view what;
    FlowSettings settings;
    Script::Say say;
    std::uint16_t client_port;
    IpAddress client;
  };
  const Bytes data = kSomeServerBytes;
  const Case cases[] = {
      {"higher port", {}, {0us, false, kAck, 50, 50, data}, 50123, kClient},
      {"higher port, the other way", {}, {0us, false, kAck, 50, 50, data}, 80, kServer},
      {"outside is the client at an edge", inside, {0us, false, kAck, 50, 50, data}, 80, kClient},
      {"inside is the client at an egress",
       egress,
       {0us, true, kAck, 50, 50, data},
       50123,
       kServer},
      {"who received a SYN-ACK", {}, {0us, false, kSyn | kAck, 0, 1, {}}, 80, kClient},
      {"who sent a ClientHello", egress, {0us, true, kAck, 1, 1, kHello}, 80, kClient},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    Script script{row.settings};
    script.client_port = row.client_port;
    script.say(row.say);
    EXPECT_EQ(script.only_record().client.ip, row.client);
  }
}

TEST(FlowTracker, UsedAgainPortsAreAnotherSession) {
  Script script;
  script.handshake().say({40'000us, true, kAck | kRst, 1, 1, {}});
  script.client_isn += 100'000;
  script.handshake();
  while (!script.tracker().drain(8, script.records())) {
  }
  ASSERT_EQ(script.records().size(), 2U);
  EXPECT_NE(script.records()[0].id, script.records()[1].id);
  EXPECT_EQ(script.tracker().counters().opened, 2U);
  EXPECT_EQ(script.tracker().counters().ended, 2U);
}

// Windows keeps its number when an old connection's challenge ACK makes it reset and try again.
TEST(FlowTracker, ASynAfterAResetIsAnotherAttempt) {
  Script script;
  script.say({0us, true, kSyn, 0, 0, {}})
      .say({18'000us, false, kAck, 777, 999, {}})
      .say({18'100us, true, kRst, 999, 0, {}})
      .say({3'000'000us, true, kSyn, 0, 0, {}})
      .say({3'020'000us, false, kSyn | kAck, 0, 1, {}})
      .say({3'020'200us, true, kAck, 1, 1, {}});
  while (!script.tracker().drain(8, script.records())) {
  }
  ASSERT_EQ(script.records().size(), 2U);
  EXPECT_EQ(script.records()[0].timing.server_rtt_us, std::nullopt);
  EXPECT_EQ(script.records()[1].timing.server_rtt_us, 20'000U);
  EXPECT_EQ(script.records()[1].timing.client_rtt_us, 200U);
}

TEST(FlowTracker, OfSeveralUnansweredSynsTheFirstCounts) {
  Script script;
  script.say({0us, true, kSyn, 0, 0, {}}).say({900us, true, kSyn, 5, 0, {}});
  EXPECT_EQ(script.only_record().client.packets, 2U);
}

TEST(FlowTracker, StartAndEndCarryOneId) {
  FlowSettings settings;
  settings.starts = true;
  Script script{settings};
  script.handshake()
      .say({30'900us, true, kAck, 1, 1, kHello})
      .say({33'000us, false, kAck, 1, kHelloEnd, kSomeServerBytes})
      .say({64'000us, true, kAck, kHelloEnd, 101, kFinished});
  ASSERT_EQ(script.records().size(), 1U);
  EXPECT_EQ(script.records()[0].type, EventType::start);
  EXPECT_EQ(script.records()[0].timing.tls_gap_us, 31'000U);
  script.tracker().drain(8, script.records());
  ASSERT_EQ(script.records().size(), 2U);
  EXPECT_EQ(script.records()[1].type, EventType::end);
  EXPECT_EQ(script.records()[0].id, script.records()[1].id);
}

TEST(FlowTracker, ASilentOpeningStillStarts) {
  FlowSettings settings;
  settings.starts = true;
  Script script{settings};
  script.handshake();
  script.tracker().expire(Timestamp{1004s}, 8, script.records());
  EXPECT_TRUE(script.records().empty());
  script.tracker().expire(Timestamp{1006s}, 8, script.records());
  ASSERT_EQ(script.records().size(), 1U);
  EXPECT_EQ(script.records()[0].type, EventType::start);
}

TEST(FlowTracker, AFloodForgetsItselfBeforeASession) {
  FlowSettings settings;
  settings.flows = 8;
  Script script{settings};
  script.handshake().say({31'000us, true, kAck, 1, 1, Bytes{kHello}.first(20)});
  for (std::uint16_t port = 1024; port < 2024; ++port) {
    script.client_port = port;
    script.say({32'000us, true, kSyn, 0, 0, {}});
  }
  script.client_port = 50123;
  script.say({33'000us, true, kAck, 21, 1, Bytes{kHello}.subspan(20)});
  while (!script.tracker().drain(8, script.records())) {
  }
  EXPECT_EQ(script.records().size(), 1001U);
  EXPECT_EQ(script.tracker().counters().evicted, 1000U - 7U);
  EXPECT_EQ(script.records().back().tls.ja3.view(), kHelloJa3);
}

TEST(FlowTracker, AnOldIncompleteHelloMakesRoomAndSaysSo) {
  FlowSettings settings;
  settings.stream_heads = 2;
  Script script{settings};
  for (std::uint16_t port = 50000; port < 50003; ++port) {
    script.client_port = port;
    script.handshake().say({31'000us, true, kAck, 1, 1, Bytes{kHello}.first(20)});
  }
  script.say({32'000us, true, kAck, 21, 1, Bytes{kHello}.subspan(20)});
  while (!script.tracker().drain(8, script.records())) {
  }
  ASSERT_EQ(script.records().size(), 3U);
  EXPECT_EQ(script.records()[0].tls.no_fingerprint, NoFingerprint::pool_full);
  EXPECT_EQ(script.records()[1].tls.no_fingerprint, NoFingerprint::incomplete);
  EXPECT_EQ(script.records()[2].tls.ja3.view(), kHelloJa3);
  EXPECT_EQ(script.tracker().hello_counters().heads_forgotten, 1U);
}

}  // namespace
}  // namespace sekimori
