#include "sensor/flow/first_packets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sensor/flow/flow_tracker.h"

namespace sekimori {
namespace {

using testing::ElementsAre;

// Packets of clients, told apart by their ports, and one server.
class Conversation {
 public:
  explicit Conversation(SlotIndex kept = 4) : settings_{settings_of(kept)} {}

  Conversation& udp(bool from_client, const std::string& payload, std::uint16_t port = 40000) {
    return send(packet_of(IpProtocol::udp, from_client, payload, port), payload);
  }
  Conversation& tcp(bool from_client, std::uint32_t sequence, const std::string& payload,
                    std::uint8_t flags = kAck, std::uint16_t port = 40000) {
    Packet packet = packet_of(IpProtocol::tcp, from_client, payload, port);
    packet.tcp.sequence = sequence;
    packet.tcp.flags = flags;
    return send(packet, payload);
  }

  // As at a tick: every sample gets `names`.
  std::vector<std::string> answer(const FlowNames& names) {
    std::vector<std::string> asked;
    for (FlowSample& sample : samples_.list) {
      last_ = sample;
      if (sample.packets == 0) continue;
      asked.push_back(text_of(sample));
      sample.names = names;
      tracker_.take_answer(sample);
    }
    records_.clear();
    samples_.clear();
    return asked;
  }
  void end() {
    while (!tracker_.drain(8, records_)) {
    }
  }
  void later(std::chrono::seconds passed) {
    now_ += passed;
    tracker_.expire(now_, 100, records_);
  }
  const FlowSample& last() const { return last_; }
  FlowCounters counters() const { return tracker_.counters(); }
  const Records& records() const { return records_; }
  const FlowSamples& samples() const { return samples_; }

 private:
  static FlowSettings settings_of(SlotIndex kept) {
    FlowSettings settings;
    settings.flows = 64;
    settings.first_packets = kept;
    settings.starts = true;
    return settings;
  }
  Packet packet_of(IpProtocol protocol, bool from_client, const std::string& payload,
                   std::uint16_t port) const {
    Packet packet;
    packet.protocol = protocol;
    packet.source = *IpAddress::parse(from_client ? "203.0.113.9" : "192.0.2.1");
    packet.destination = *IpAddress::parse(from_client ? "192.0.2.1" : "203.0.113.9");
    packet.source_port = from_client ? port : 5900;
    packet.destination_port = from_client ? 5900 : port;
    packet.payload_length = static_cast<std::uint32_t>(payload.size());
    return packet;
  }
  Conversation& send(Packet packet, const std::string& payload) {
    now_ += std::chrono::milliseconds{10};
    packet.time = now_;
    const std::vector<std::uint8_t> bytes{payload.begin(), payload.end()};
    packet.payload = bytes;
    tracker_.observe(packet, place_of(packet, 0), records_);
    return *this;
  }
  // "C:question S:answer"
  std::string text_of(const FlowSample& sample) const {
    std::string text;
    Cursor cursor{samples_.packets_of(sample)};
    for (std::size_t at = 0; at < sample.packets; ++at) {
      const auto sender = static_cast<Sender>(cursor.u8());
      const Bytes bytes = cursor.take(cursor.u16());
      text += text.empty() ? "" : " ";
      text += sender == sample.client ? "C:" : "S:";
      text.append(bytes.begin(), bytes.end());
    }
    EXPECT_EQ(cursor.left(), 0U);
    EXPECT_TRUE(cursor.ok());
    return text;
  }

  FlowSettings settings_;
  FlowSamples samples_;
  FlowTracker tracker_{settings_, samples_};
  Records records_;
  Timestamp now_{std::chrono::seconds{1000}};
  FlowSample last_;
};

constexpr FlowNames kVnc{7, 7};

TEST(FirstPackets, GoWithTheRecordsOfAnUnnamedFlow) {
  Conversation talk;
  talk.tcp(true, 100, "", kSyn).tcp(false, 500, "", kSyn | kAck).tcp(true, 101, "");
  talk.tcp(false, 501, "RFB 003.008\n").tcp(true, 101, "RFB 003.003\n");
  ASSERT_EQ(talk.records().size(), 1U);  // the start: both have spoken
  EXPECT_THAT(talk.answer(kVnc), ElementsAre("S:RFB 003.008\n C:RFB 003.003\n"));
  // What was answered is not asked again, and goes with the end too.
  talk.tcp(false, 513, "more");
  talk.end();
  ASSERT_EQ(talk.records().size(), 1U);
  EXPECT_EQ(talk.records()[0].type, EventType::end);
  EXPECT_THAT(talk.answer({}), ElementsAre());
  EXPECT_EQ(talk.last().names, kVnc);
  EXPECT_EQ(talk.last().record, 0U);
}

TEST(FirstPackets, AreAskedAboutAgainWhenThereAreMore) {
  Conversation talk;
  talk.udp(true, "one").later(std::chrono::seconds{6});
  EXPECT_THAT(talk.answer({}), ElementsAre("C:one"));
  talk.udp(false, "two").end();
  EXPECT_THAT(talk.answer(kVnc), ElementsAre("C:one S:two"));
  // And not when there is nothing new to say.
  talk.udp(true, "one").later(std::chrono::seconds{6});
  EXPECT_THAT(talk.answer({}), ElementsAre("C:one"));
  talk.end();
  EXPECT_THAT(talk.answer(kVnc), ElementsAre());
  EXPECT_TRUE(talk.samples().list.empty());
}

TEST(FirstPackets, AreAskedAboutTwiceWhereAFlowBeginsAndEndsBetweenTwoAnswers) {
  Conversation talk;
  talk.udp(true, "one").later(std::chrono::seconds{6});
  talk.end();
  ASSERT_EQ(talk.records().size(), 2U);
  EXPECT_THAT(talk.answer(kVnc), ElementsAre("C:one", "C:one"));
}

TEST(FirstPackets, AnAnswerToAFlowThatIsOverNamesNoOther) {
  Conversation talk;
  talk.udp(true, "old").end();
  talk.udp(true, "new");  // in the same slot
  EXPECT_THAT(talk.answer(kVnc), ElementsAre("C:old"));
  talk.end();
  EXPECT_THAT(talk.answer({}), ElementsAre("C:new"));
}

TEST(FirstPackets, HaveAnEnd) {
  Conversation talk{64};
  std::string all;
  for (int number = 0; number < 12; ++number) {
    const std::string word = "w" + std::to_string(number);
    talk.udp(number % 2 == 0, word, 1);
    if (number < 8)
      all += (number == 0 ? "" : " ") + std::string{number % 2 == 0 ? "C:" : "S:"} + word;
  }
  talk.end();
  const auto asked = talk.answer({});
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0], all) << "eight packets";
  const std::string large(1400, 'x');
  for (int number = 0; number < 8; ++number) talk.udp(true, large, 2);
  talk.end();
  const auto cut = talk.answer({});
  ASSERT_EQ(cut.size(), 1U);
  EXPECT_EQ(cut[0].substr(0, 514), "C:" + std::string(512, 'x')) << "512 bytes of each";
  EXPECT_EQ(cut[0].size(), 3 * 514U + 2) << "2048 bytes with their sizes: three of them";
}

TEST(FirstPackets, LeaveOutWhatIsResent) {
  Conversation talk;
  talk.tcp(true, 100, "one").tcp(true, 100, "one").tcp(true, 103, "two").tcp(true, 100, "one");
  talk.end();
  EXPECT_THAT(talk.answer({}), ElementsAre("C:one C:two"));
}

TEST(FirstPackets, OfNamedFlowsAreNotKept) {
  Conversation talk;
  // A DTLS 1.2 ClientHello's record and message header (RFC 6347, sections 4.1 and 4.2.2),
  // complete: a body of version, random, no session, no cookie, one cipher suite, null compression.
  std::string hello{"\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x36\x01\0\0\x2a\0\0\0\0\0\0\0\x2a\xfe\xfd", 27};
  hello += std::string(32, 'r');
  hello += std::string{"\0\0\0\x02\xc0\x2b\x01\0", 8};
  talk.udp(true, hello);
  talk.end();
  ASSERT_EQ(talk.records().size(), 1U);
  EXPECT_EQ(talk.records()[0].network_protocol.view(), "dtls");
  EXPECT_THAT(talk.answer(kVnc), ElementsAre());
}

TEST(FirstPackets, TheOneThatHasWaitedLongestGivesWay) {
  Conversation talk{2};
  talk.udp(true, "first", 1).udp(true, "second", 2).udp(true, "third", 3).udp(false, "late", 1);
  talk.end();
  EXPECT_EQ(talk.counters().samples_forgotten, 1U);
  EXPECT_THAT(talk.answer({}), testing::UnorderedElementsAre("C:second", "C:third"));
}

// Four chunks for each flow on average: two flows of nine chunks do not fit beside each other.
TEST(FirstPackets, GiveBackTheirRoom) {
  Conversation talk{3};
  for (int round = 0; round < 100; ++round) {
    const auto port = static_cast<std::uint16_t>(1000 + round);
    for (int number = 0; number < 4; ++number) talk.udp(true, std::string(500, 'x'), port);
    talk.end();
    EXPECT_EQ(talk.answer(round % 2 == 0 ? kVnc : FlowNames{}).size(), 1U);
  }
  EXPECT_EQ(talk.counters().samples_forgotten, 0U);
  for (int number = 0; number < 4; ++number) {
    talk.udp(true, std::string(500, 'x'), 1).udp(true, std::string(500, 'y'), 2);
  }
  EXPECT_EQ(talk.counters().samples_forgotten, 1U);
}

TEST(FirstPackets, WithoutRoomNothingIsKept) {
  Conversation talk{0};
  talk.udp(true, "one");
  talk.end();
  EXPECT_TRUE(talk.samples().list.empty());
}

}  // namespace
}  // namespace sekimori
