#include "sensor/flow/tcp_timing.h"

#include "tests/unit/sensor/flow/tcp_script.h"

namespace sekimori {
namespace {

TEST(TcpTiming, MeasuresAWholeOpening) {
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

TEST(TcpTiming, LeavesOutWhatARepeatMakesDoubtful) {
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

TEST(TcpTiming, MeasuresAGapOnlyOverAcknowledgedBytes) {
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

TEST(TcpTiming, AConnectionKeepsImprovingItsTimes) {
  const Bytes ask = kFinished;
  const auto asked = static_cast<std::uint32_t>(ask.size());
  Script script;
  script.handshake()
      .say({31'000us, true, kAck, 1, 1, ask})
      .say({32'000us, false, kAck, 1, 1 + asked, kSomeServerBytes})
      .say({60'000us, true, kAck, 1 + asked, 101, {}})   // acknowledged after 28 ms
      .say({72'000us, true, kAck, 1 + asked, 101, ask})  // answered after 40 ms
      .say({73'000us, false, kAck, 101, 1 + 2 * asked, kSomeServerBytes})
      .say({98'000us, true, kAck, 1 + 2 * asked, 201, ask})  // both after 25 ms
      .say({99'000us, false, kAck, 201, 1 + 3 * asked, kSomeServerBytes})
      .say({99'500us, false, kAck, 201, 1 + 3 * asked, kSomeServerBytes})  // sent twice
      .say({100'000us, true, kAck, 1 + 3 * asked, 301, ask});
  const SessionRecord record = script.only_record();
  EXPECT_EQ(record.timing.turnaround_us, 25'000U);
  EXPECT_EQ(record.timing.turnaround_samples, 2U);
  EXPECT_EQ(record.timing.ack_rtt_us, 25'000U);
  EXPECT_EQ(record.timing.ack_rtt_samples, 2U);
  EXPECT_EQ(record.loss.unseen_bytes, 0U);
}

TEST(TcpTiming, TimesTheEchoOfANewTimestampOnly) {
  const auto stamps = [](std::uint8_t value, std::uint8_t echo) {
    return std::vector<std::uint8_t>{1, 1, 8, 10, 0, 0, 0, value, 0, 0, 0, echo};
  };
  const auto first = stamps(10, 0);
  const auto second = stamps(11, 0);
  const auto echo = stamps(0, 11);
  Script script;
  script.handshake()
      .say({31'000us, false, kAck, 1, 1, kSomeServerBytes, first})
      .say({40'000us, false, kAck, 101, 1, kSomeServerBytes, second})
      .say({45'000us, false, kAck, 201, 1, kSomeServerBytes, second})
      .say({70'000us, true, kAck, 1, 201, {}, echo})  // 30 ms after `second` first passed
      .say({75'000us, false, kAck, 301, 1, {}, second})
      .say({76'000us, true, kAck, 1, 201, {}, echo});  // answers what was answered
  const SessionRecord record = script.only_record();
  EXPECT_EQ(record.timing.ack_rtt_us, 30'000U);
  EXPECT_EQ(record.timing.ack_rtt_samples, 1U);
}

TEST(TcpTiming, CountsWhatWasAcknowledgedAndNeverSeen) {
  struct Case {
    std::string_view what;
    std::vector<Script::Say> says;
    std::optional<std::uint64_t> unseen;
  };
  const Bytes hundred = kSomeServerBytes;
  const auto server = [&](std::uint32_t at, std::size_t size = 100) {
    return Script::Say{40'000us, false, kAck, at, 1, hundred.first(size)};
  };
  const auto ack = [](std::uint32_t to) { return Script::Say{80'000us, true, kAck, 1, to, {}}; };
  std::vector<Script::Say> many;
  for (std::uint32_t at = 0; at < 40; ++at) many.push_back(server(1 + at * 200));
  const Case cases[] = {
      {"nothing is missing", {server(1), server(101), ack(201)}, 0},
      {"a hole in the middle", {server(1), server(301), ack(401)}, 200},
      {"a hole that is not acknowledged", {server(1), server(301), ack(101)}, 0},
      {"half of it is", {server(1), server(301), ack(201)}, 100},
      {"the hole is filled", {server(1), server(201), server(101), ack(301)}, 0},
      {"its begin is filled", {server(1), server(301), server(101), ack(401)}, 100},
      {"its end is filled", {server(1), server(301), server(201), ack(401)}, 100},
      {"its middle is filled", {server(1), server(401), server(201), ack(501)}, 200},
      {"the end was never seen", {server(1), ack(501)}, 400},
      {"one byte may be a FIN", {server(1), ack(102)}, 0},
      {"another connection's number", {server(1), ack(0x60000000U)}, 0},
      {"more holes than can be remembered", many, std::nullopt},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    Script script;
    script.handshake();
    for (const Script::Say& say : row.says) script.say(say);
    EXPECT_EQ(script.only_record().loss.unseen_bytes, row.unseen);
  }
}

TEST(TcpTiming, HolesBeyondMemoryAreCountedOnceAcknowledged) {
  Script script;
  script.handshake();
  for (std::uint32_t at = 0; at < 40; ++at) {
    script.say({40'000us, false, kAck, 1 + at * 200, 1, kSomeServerBytes})
        .say({41'000us, true, kAck, 1, 101 + at * 200, {}});
  }
  EXPECT_EQ(script.only_record().loss.unseen_bytes, 39U * 100U);
}

TEST(TcpTiming, ASynAfterAResetIsAnotherAttempt) {
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

}  // namespace
}  // namespace sekimori
