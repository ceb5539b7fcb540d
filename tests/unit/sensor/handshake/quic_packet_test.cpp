#include "sensor/handshake/quic_packet.h"

#include <string_view>

#include <gmock/gmock.h>

#include "tests/unit/sensor/handshake/hex.h"
#include "tests/unit/sensor/handshake/rfc9001.h"

namespace sekimori {
namespace {

using testing::ElementsAreArray;
using Buffer = std::vector<std::uint8_t>;

TEST(QuicPacket, ReadsTheInitialsOfRfc9001) {
  const auto client = from_hex(kRfc9001Client);
  const auto first = parse_quic_packet(client);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, QuicPacketType::initial);
  EXPECT_EQ(first->version, 1U);
  EXPECT_THAT(first->destination_id, ElementsAreArray(from_hex(kRfc9001Id)));
  EXPECT_TRUE(first->source_id.empty());
  EXPECT_TRUE(first->token.empty());
  EXPECT_EQ(first->bytes.size(), 1200U);
  EXPECT_EQ(first->protected_part.size(), 0x49eU);

  const auto server = from_hex(kRfc9001Server);
  const auto second = parse_quic_packet(server);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->destination_id.empty());
  EXPECT_THAT(second->source_id, ElementsAreArray(from_hex("f067a5502a4262b5")));
}

TEST(QuicPacket, ReadsTheRetryOfRfc9001) {
  const auto bytes = from_hex(kRfc9001Retry);
  const auto retry = parse_quic_packet(bytes);
  ASSERT_TRUE(retry);
  EXPECT_EQ(retry->type, QuicPacketType::retry);
  EXPECT_THAT(retry->token, ElementsAreArray({'t', 'o', 'k', 'e', 'n'}));
  EXPECT_EQ(retry->bytes.size(), bytes.size());
  EXPECT_TRUE(retry->protected_part.empty());
}

TEST(QuicPacket, EveryPrefixIsTruncatedAndNeverMalformed) {
  const auto bytes = from_hex(kRfc9001Server);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    SCOPED_TRACE(size);
    const auto packet = parse_quic_packet(Bytes{bytes}.first(size));
    ASSERT_FALSE(packet);
    EXPECT_EQ(packet.error().fault, Fault::truncated);
  }
}

TEST(QuicPacket, EndsWhereItsLengthSays) {
  auto bytes = from_hex(kRfc9001Server);
  const std::size_t size = bytes.size();
  bytes.insert(bytes.end(), {0xe0, 0x00});
  EXPECT_EQ(parse_quic_packet(bytes)->bytes.size(), size);
}

// RFC 9000, table 5, and RFC 9369, section 3.2.
TEST(QuicPacket, TellsTypesByTheirVersion) {
  struct Case {
    std::uint8_t first;
    std::uint32_t version;
    QuicPacketType type;
  };
  const Case cases[] = {
      {0xc0, 0x00000001, QuicPacketType::initial},   {0xd0, 0x00000001, QuicPacketType::zero_rtt},
      {0xe0, 0x00000001, QuicPacketType::handshake}, {0xf0, 0x00000001, QuicPacketType::retry},
      {0xd0, 0x6b3343cf, QuicPacketType::initial},   {0xe0, 0x6b3343cf, QuicPacketType::zero_rtt},
      {0xf0, 0x6b3343cf, QuicPacketType::handshake}, {0xc0, 0x6b3343cf, QuicPacketType::retry},
      {0x80, 0xff00001d, QuicPacketType::initial},  // without the fixed bit: RFC 9287
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.version);
    Buffer bytes{row.first};
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
      bytes.push_back(static_cast<std::uint8_t>(row.version >> shift & 0xffU));
    }
    bytes.resize(bytes.size() + 20);  // no ids, no token, no length; or a Retry's tag
    const auto packet = parse_quic_packet(bytes);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->type, row.type);
  }
}

TEST(QuicPacket, RefusesWhatItCannotRead) {
  struct Case {
    std::string_view what;
    Buffer bytes;
    Defect defect;
  };
  const Case cases[] = {
      {"a short header", {0x40}, {Fault::unsupported, Layer::quic, 0}},
      {"Version Negotiation", {0xc0, 0, 0, 0, 0}, {Fault::unsupported, Layer::quic, 1}},
      {"a reserved version", {0xc0, 0xba, 0xba, 0xba, 0xba}, {Fault::unsupported, Layer::quic, 1}},
      {"draft 22", {0xc0, 0xff, 0, 0, 0x16}, {Fault::unsupported, Layer::quic, 1}},
      {"draft 35", {0xc0, 0xff, 0, 0, 0x23}, {Fault::unsupported, Layer::quic, 1}},
      {"a destination id of 21 bytes", {0xc0, 0, 0, 0, 1, 21}, {Fault::malformed, Layer::quic, 5}},
      {"a source id of 21 bytes", {0xc0, 0, 0, 0, 1, 1, 7, 21}, {Fault::malformed, Layer::quic, 7}},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const auto packet = parse_quic_packet(row.bytes);
    ASSERT_FALSE(packet);
    EXPECT_EQ(packet.error(), row.defect);
  }
}

// RFC 9000, appendix A.1.
TEST(QuicInteger, ReadsTheExamplesOfRfc9000) {
  struct Case {
    const char* bytes;
    std::uint64_t value;
  };
  const Case cases[] = {
      {"c2197c5eff14e88c", 151'288'809'941'952'652},
      {"9d7f3e7d", 494'878'333},
      {"7bbd", 15'293},
      {"25", 37},
      {"4025", 37},
  };
  for (const Case& row : cases) {
    const auto bytes = from_hex(row.bytes);
    Cursor cursor{bytes};
    EXPECT_EQ(quic_integer(cursor), row.value);
    EXPECT_TRUE(cursor.ok());
    EXPECT_EQ(cursor.left(), 0U);
  }
}

}  // namespace
}  // namespace sekimori
