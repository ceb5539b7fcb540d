#include "sensor/classify/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori {
namespace {

using testing::ElementsAre;
using Message = std::vector<std::uint8_t>;

// Two requests, as the comment of exchange.h has them: UDP over IPv4 whose low end is the client,
// and TCP over IPv6 whose high end is, with two packets.
const Message kBatch{0x00, 0x02,              // count
                     17,   4,    0,    1,     // UDP, IPv4, low is client, one packet
                     0xc3, 0x50, 0x00, 0x35,  // 50000, 53
                     10,   0,    0,    1,    192, 0,   2,   53,  // addresses
                     0,    0x00, 0x03, 'a',  'b', 'c',           // from low
                     6,    6,    1,    2,     // TCP, IPv6, high is client, two packets
                     0x00, 0x16, 0x9c, 0x40,  // 22, 40000
                     0x20, 1,    0x0d, 0xb8, 0,   0,   0,   0,  //
                     0,    0,    0,    0,    0,   0,   0,   1,  // 2001:db8::1
                     0x20, 1,    0x0d, 0xb8, 0,   0,   0,   0,  //
                     0,    0,    0,    0,    0,   0,   0,   2,  // 2001:db8::2
                     0,    0x00, 0x04, 'S',  'S', 'H', '-',     // from low: the server
                     1,    0x00, 0x01, 'x'};

std::string text_of(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST(Exchange, ReadsABatch) {
  const auto requests = parse_requests(kBatch);
  ASSERT_TRUE(requests);
  ASSERT_EQ(requests->size(), 2U);
  const FlowRequest& first = (*requests)[0];
  EXPECT_EQ(first.protocol, IpProtocol::udp);
  EXPECT_EQ(first.client.text().view(), "10.0.0.1");
  EXPECT_EQ(first.client_port, 50000);
  EXPECT_EQ(first.server.text().view(), "192.0.2.53");
  EXPECT_EQ(first.server_port, 53);
  ASSERT_EQ(first.packets.size(), 1U);
  EXPECT_TRUE(first.packets.view()[0].from_client);
  EXPECT_EQ(text_of(first.packets.view()[0].payload), "abc");
  const FlowRequest& second = (*requests)[1];
  EXPECT_EQ(second.protocol, IpProtocol::tcp);
  EXPECT_EQ(second.client.text().view(), "2001:db8::2");
  EXPECT_EQ(second.client_port, 40000);
  EXPECT_EQ(second.server_port, 22);
  ASSERT_EQ(second.packets.size(), 2U);
  EXPECT_FALSE(second.packets.view()[0].from_client);
  EXPECT_EQ(text_of(second.packets.view()[0].payload), "SSH-");
  EXPECT_TRUE(second.packets.view()[1].from_client);
}

TEST(Exchange, EveryProperPrefixIsTruncated) {
  for (std::size_t size = 0; size < kBatch.size(); ++size) {
    const auto requests = parse_requests(Bytes{kBatch}.first(size));
    ASSERT_FALSE(requests) << size;
    EXPECT_EQ(requests.error().fault, Fault::truncated) << size;
  }
  const Message answers{0, 1, 0, 2, 0, 0};
  for (std::size_t size = 0; size < answers.size(); ++size) {
    const auto parsed = parse_answers(Bytes{answers}.first(size), 1, 3);
    ASSERT_FALSE(parsed) << size;
    EXPECT_EQ(parsed.error().fault, Fault::truncated) << size;
  }
}

TEST(Exchange, WritesWhatItReads) {
  FlowSample udp;
  udp.key = {*IpAddress::parse("10.0.0.1"), *IpAddress::parse("192.0.2.53"), 50000, 53, 17};
  udp.packets = 1;
  const Message udp_packets{0, 0, 3, 'a', 'b', 'c'};
  FlowSample tcp;
  tcp.key = {*IpAddress::parse("2001:db8::1"), *IpAddress::parse("2001:db8::2"), 22, 40000, 6};
  tcp.client = Sender::high;
  tcp.packets = 2;
  const Message tcp_packets{0, 0, 4, 'S', 'S', 'H', '-', 1, 0, 1, 'x'};
  RequestBatch batch;
  EXPECT_TRUE(batch.add(udp, udp_packets));
  EXPECT_TRUE(batch.add(tcp, tcp_packets));
  EXPECT_EQ(batch.size(), 2U);
  EXPECT_THAT(batch.bytes(), testing::ElementsAreArray(kBatch));
  batch.clear();
  EXPECT_TRUE(batch.empty());
  FlowSample other = udp;
  other.key.protocol = 47;  // GRE
  EXPECT_FALSE(batch.add(other, udp_packets));
}

TEST(Exchange, ABatchHasAnEnd) {
  FlowSample sample;
  sample.key = {*IpAddress::parse("10.0.0.1"), *IpAddress::parse("192.0.2.53"), 50000, 53, 17};
  sample.packets = 1;
  RequestBatch batch;
  std::size_t count = 0;
  while (batch.add(sample, Message{0, 0, 1, 'a'})) ++count;
  EXPECT_EQ(count, kMostRequests);
  const auto requests = parse_requests(batch.bytes());
  ASSERT_TRUE(requests);
  EXPECT_EQ(requests->size(), kMostRequests);
  batch.clear();
  Message large(kFirstPacketsSize, 0);
  for (std::size_t at = 0; at < 4; ++at) large[at * 512 + 1] = 1, large[at * 512 + 2] = 0xfd;
  sample.packets = 4;
  count = 0;
  while (batch.add(sample, large)) ++count;
  EXPECT_GT(count, 30U);
  EXPECT_LE(batch.bytes().size(), kBatchSize);
  EXPECT_TRUE(parse_requests(batch.bytes()));
}

TEST(Exchange, RefusesWhatContradictsItself) {
  struct Case {
    const char* what;
    std::size_t at;
    std::uint8_t value;
  };
  // Among them what makes libndpi 4.2 crash: a packet without payload or behind a header cut short
  // cannot be asked for.
  for (const Case& one : {Case{"no request", 1, 0}, Case{"a transport without ports", 2, 1},
                          Case{"IP version 5", 3, 5}, Case{"a third end", 4, 2},
                          Case{"no packet", 5, 0}, Case{"nine packets", 5, 9},
                          Case{"a third sender", 18, 2}, Case{"an empty packet", 20, 0}}) {
    Message message = kBatch;
    message[one.at] = one.value;
    const auto requests = parse_requests(message);
    ASSERT_FALSE(requests) << one.what;
    EXPECT_EQ(requests.error().fault, Fault::malformed) << one.what;
  }
  Message longer = kBatch;
  longer.push_back(0);
  EXPECT_EQ(parse_requests(longer).error().fault, Fault::malformed);
  Message large{0, 1, 17, 4, 0, 1, 0, 1, 0, 2, 10, 0, 0, 1, 10, 0, 0, 2, 0, 2, 1};  // 513 bytes
  large.resize(large.size() + 513);
  EXPECT_EQ(parse_requests(large).error().fault, Fault::malformed);
}

TEST(Exchange, AnswersAreNotTrusted) {
  const Message two{0, 2, 0, 1, 0, 2, 0, 0, 0, 0};
  const auto answers = parse_answers(two, 2, 3);
  ASSERT_TRUE(answers);
  EXPECT_THAT(*answers, ElementsAre(FlowNames{1, 2}, FlowNames{}));
  EXPECT_THAT(encode_answers(*answers), testing::ElementsAreArray(two));
  EXPECT_FALSE(parse_answers(two, 1, 3)) << "an answer that nobody asked for";
  EXPECT_FALSE(parse_answers(two, 3, 3));
  EXPECT_FALSE(parse_answers(two, 2, 2)) << "a row that is not in the table";
  EXPECT_FALSE(parse_answers(Message{0, 1, 0, 1, 0, 1, 0}, 1, 3)) << "more bytes than answers";
}

}  // namespace
}  // namespace sekimori
