#include "sensor/flow/flow_tracker.h"

#include "tests/unit/sensor/flow/tcp_script.h"

namespace sekimori {
namespace {

// RFC 7323, section 4: a TSval's first echo answers the first segment that carried it, or a later.

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

// JA4.md, "Raw Output": nothing stands for an empty part.
TEST(FlowTracker, GivesTheRawFormOfJa4OnRequest) {
  for (const bool asked : {true, false}) {
    FlowSettings settings;
    settings.raw_ja4 = asked;
    Script script{settings};
    script.handshake().say({31'000us, true, kAck, 1, 1, kHello});
    EXPECT_EQ(script.only_record().ja4_r, asked ? "t10i020000_0004,0005_" : "");
  }
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
