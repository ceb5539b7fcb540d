#include "sensor/handshake/tls_record.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using Buffer = std::vector<std::uint8_t>;
using Scratch = std::array<std::uint8_t, 64>;

// RFC 8446, sections 4 and 5.1: one record with one message of four bytes.
const Buffer kOneRecord{0x16, 0x03, 0x01, 0x00, 0x08, 0x01, 0x00, 0x00, 0x04, 'a', 'b', 'c', 'd'};
// The same message over three records, the first of which cuts its header.
const Buffer kThreeRecords{0x16, 0x03, 0x01, 0x00, 0x03, 0x01, 0x00, 0x00,  //
                           0x16, 0x03, 0x01, 0x00, 0x02, 0x04, 'a',         //
                           0x16, 0x03, 0x01, 0x00, 0x03, 'b',  'c',  'd'};
// A HelloRetryRequest, a change_cipher_spec, and a ServerHello whose body is two bytes.
Buffer retried() {
  Buffer stream{0x16, 0x03, 0x03, 0x00, 0x26, 0x02, 0x00, 0x00, 0x22, 0x03, 0x03,
                0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
                0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
                0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
  const Buffer rest{0x14, 0x03, 0x03, 0x00, 0x01, 0x01,  //
                    0x16, 0x03, 0x03, 0x00, 0x06, 0x02, 0x00, 0x00, 0x02, 'h', 'i'};
  stream.insert(stream.end(), rest.begin(), rest.end());
  return stream;
}

std::string_view text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(FirstHandshake, BorrowsAMessageOfOneRecordFromTheStream) {
  Scratch scratch{};
  const auto body = first_handshake(kOneRecord, HandshakeType::client_hello, scratch);
  ASSERT_TRUE(body);
  EXPECT_EQ(text(*body), "abcd");
  EXPECT_EQ(body->data(), kOneRecord.data() + 9);
}

TEST(FirstHandshake, JoinsAMessageOfSeveralRecordsInScratch) {
  Scratch scratch{};
  const auto body = first_handshake(kThreeRecords, HandshakeType::client_hello, scratch);
  ASSERT_TRUE(body);
  EXPECT_EQ(text(*body), "abcd");
  EXPECT_EQ(body->data(), scratch.data() + 4);
}

TEST(FirstHandshake, EveryPrefixIsTruncatedAndNeverMalformed) {
  for (const Buffer& stream : {kOneRecord, kThreeRecords}) {
    for (std::size_t size = 0; size < stream.size(); ++size) {
      SCOPED_TRACE(size);
      Scratch scratch{};
      const auto body =
          first_handshake(Bytes{stream}.first(size), HandshakeType::client_hello, scratch);
      ASSERT_FALSE(body);
      EXPECT_EQ(body.error().fault, Fault::truncated);
    }
  }
}

TEST(FirstHandshake, AMessageMayShareItsLastRecordWithTheNext) {
  const Buffer stream{0x16, 0x03, 0x03, 0x00, 0x0a, 0x02, 0x00, 0x00,
                      0x02, 'h',  'i',  0x0b, 0x00, 0x00, 0x09};
  Scratch scratch{};
  const auto body = first_handshake(stream, HandshakeType::server_hello, scratch);
  ASSERT_TRUE(body);
  EXPECT_EQ(text(*body), "hi");
}

TEST(FirstHandshake, AMessageAndItsNeighbourMayBeLargerThanScratchTogether) {
  const Buffer stream{0x16, 0x03, 0x03, 0x00, 0x03, 0x02, 0x00, 0x00, 0x16, 0x03,
                      0x03, 0x00, 0x07, 0x02, 'h',  'i',  0x0b, 0x00, 0x00, 0x09};
  std::array<std::uint8_t, 6> scratch{};
  const auto body = first_handshake(stream, HandshakeType::server_hello, scratch);
  ASSERT_TRUE(body);
  EXPECT_EQ(text(*body), "hi");
}

TEST(FirstHandshake, SettlesEarlyWhatWillNeverBeAHello) {
  struct Case {
    std::string_view what;
    Buffer stream;
    Defect defect;
  };
  const Case cases[] = {
      {"HTTP", {'G'}, {Fault::malformed, Layer::tls, 0}},
      {"SSH", {'S', 'S', 'H', '-', '2', '.'}, {Fault::malformed, Layer::tls, 0}},
      {"application data", {0x17, 0x03, 0x03}, {Fault::malformed, Layer::tls, 0}},
      {"record of DTLS", {0x16, 0xfe, 0xfd}, {Fault::malformed, Layer::tls, 1}},
      {"minor version 5", {0x16, 0x03, 0x05}, {Fault::malformed, Layer::tls, 2}},
      {"empty fragment", {0x16, 0x03, 0x01, 0x00, 0x00}, {Fault::malformed, Layer::tls, 3}},
      {"fragment of 0x4801", {0x16, 0x03, 0x01, 0x48, 0x01}, {Fault::malformed, Layer::tls, 3}},
      {"another message", {0x16, 0x03, 0x01, 0x00, 0x08, 0x02}, {Fault::malformed, Layer::tls, 5}},
      {"fatal alert", {0x15, 0x03, 0x01, 0x00, 0x02, 0x02}, {Fault::unsupported, Layer::tls, 0}},
      {"encrypted alert",
       {0x15, 0x03, 0x01, 0x00, 0x1a, 0x01},
       {Fault::unsupported, Layer::tls, 0}},
      {"alert of another protocol", {0x15, 0x04}, {Fault::malformed, Layer::tls, 1}},
      {"SSL 2.0", {0x80, 0x2e, 0x01, 0x00, 0x02}, {Fault::unsupported, Layer::tls, 0}},
      {"SSL 2.0 that offers TLS",
       {0x80, 0x2e, 0x01, 0x03, 0x01},
       {Fault::unsupported, Layer::tls, 0}},
      {"not quite SSL 2.0", {0x80, 0x2e, 0x02}, {Fault::malformed, Layer::tls, 2}},
      {"nor that", {0x80, 0x2e, 0x01, 0x07, 0x07}, {Fault::malformed, Layer::tls, 3}},
      {"61 bytes of body, and room for 60",
       {0x16, 3, 1, 0, 0x41, 0x01, 0x00, 0x00, 0x3d},
       {Fault::unsupported, Layer::tls, 5}},
      {"another record in between",
       {0x16, 0x03, 0x01, 0x00, 0x02, 0x01, 0x00, 0x14, 0x03, 0x01, 0x00, 0x01, 0x01},
       {Fault::malformed, Layer::tls, 0}},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    Scratch scratch{};
    const auto body = first_handshake(row.stream, HandshakeType::client_hello, scratch);
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error(), row.defect);
  }
}

TEST(FirstHandshake, TakesEveryRecordVersionThatClientsSend) {
  for (std::uint8_t minor = 0; minor <= 4; ++minor) {
    SCOPED_TRACE(minor);
    auto stream = kOneRecord;
    stream[2] = minor;
    Scratch scratch{};
    EXPECT_TRUE(first_handshake(stream, HandshakeType::client_hello, scratch));
  }
}

// RFC 6066, section 3: a server that does not know the name may say so and go on.
TEST(FirstHandshake, SkipsWarningAlerts) {
  Buffer stream{0x15, 0x03, 0x03, 0x00, 0x02, 0x01, 0x70};
  stream.insert(stream.end(), kThreeRecords.begin(), kThreeRecords.end());
  Scratch scratch{};
  const auto body = first_handshake(stream, HandshakeType::client_hello, scratch);
  ASSERT_TRUE(body);
  EXPECT_EQ(text(*body), "abcd");
  for (std::size_t size = 0; size < stream.size(); ++size) {
    SCOPED_TRACE(size);
    const auto cut =
        first_handshake(Bytes{stream}.first(size), HandshakeType::client_hello, scratch);
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().fault, Fault::truncated);
  }
}

TEST(StartsWithHello, WantsElevenBytesOfOne) {
  const Buffer hello{0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03};
  EXPECT_TRUE(starts_with_hello(hello, HandshakeType::client_hello));
  EXPECT_FALSE(starts_with_hello(hello, HandshakeType::server_hello));
  EXPECT_FALSE(starts_with_hello(Bytes{hello}.first(10), HandshakeType::client_hello));

  struct Case {
    std::string_view what;
    std::size_t at;
    std::uint8_t byte;
  };
  const Case cases[] = {
      {"another record", 0, 0x17},        {"an alert", 0, 0x15},
      {"another major version", 1, 0x02}, {"another minor version", 2, 0x05},
      {"a fragment too long", 3, 0x60},   {"another message", 5, 0x0b},
      {"a message too long", 6, 0x01},    {"another hello version", 9, 0x02},
      {"its minor version", 10, 0x05},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    auto other = hello;
    other[row.at] = row.byte;
    EXPECT_FALSE(starts_with_hello(other, HandshakeType::client_hello));
  }
  auto short_message = hello;
  short_message[7] = 0;
  short_message[8] = 37;
  EXPECT_FALSE(starts_with_hello(short_message, HandshakeType::client_hello));
  short_message[8] = 38;
  EXPECT_TRUE(starts_with_hello(short_message, HandshakeType::client_hello));
}

TEST(ServerHelloAfterRetry, SkipsTheRetryRequestAndChangeCipherSpec) {
  Scratch scratch{};
  const auto body = server_hello_after_retry(retried(), scratch);
  ASSERT_TRUE(body);
  EXPECT_EQ(text(*body), "hi");
}

TEST(ServerHelloAfterRetry, EveryPrefixIsTruncatedAndNeverMalformed) {
  const auto stream = retried();
  for (std::size_t size = 0; size < stream.size(); ++size) {
    SCOPED_TRACE(size);
    Scratch scratch{};
    const auto body = server_hello_after_retry(Bytes{stream}.first(size), scratch);
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().fault, Fault::truncated);
  }
}

TEST(ServerHelloAfterRetry, WantsARetryRequestFirst) {
  auto stream = retried();
  stream[11] ^= 1U;
  Scratch scratch{};
  const auto body = server_hello_after_retry(stream, scratch);
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().fault, Fault::malformed);
}

}  // namespace
}  // namespace sekimori
