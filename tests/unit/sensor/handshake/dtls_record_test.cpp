#include "sensor/handshake/dtls_record.h"

#include <string_view>

#include <gmock/gmock.h>

#include "tests/unit/sensor/handshake/hex.h"

namespace sekimori {
namespace {

using testing::ElementsAre;

// RFC 6347, section 4.1: a handshake record of epoch 0 whose fragment is the second of two parts of
// a ClientHello of six bytes (section 4.2.2).
constexpr const char* kRecord =
    "16feff0000000000000007000f"       // type, version, epoch, sequence number, length
    "010000060001000003000003ddeeff";  // type, length, sequence, offset, length, body

TEST(DtlsRecord, ReadsItsHeaderAndLeavesTheNext) {
  auto datagram = from_hex(kRecord);
  const std::size_t size = datagram.size();
  datagram.insert(datagram.end(), {0x14, 0xfe});
  const auto record = parse_dtls_record(datagram);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->type, ContentType::handshake);
  EXPECT_EQ(record->version, 0xfeff);
  EXPECT_EQ(record->epoch, 0);
  EXPECT_EQ(record->fragment.size(), 15U);
  EXPECT_EQ(record->bytes.size(), size);
}

TEST(DtlsRecord, ReadsTheEpochOfWhatIsEncrypted) {
  const auto record = parse_dtls_record(from_hex("17fefd000100000000000000021234"));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->type, ContentType::application_data);
  EXPECT_EQ(record->epoch, 1);
}

TEST(DtlsRecord, KnowsEachVersion) {
  struct Case {
    std::string_view what;
    const char* bytes;
    bool known;
  };
  const Case cases[] = {
      {"DTLS 1.0", "16feff00000000000000000000", true},
      {"DTLS 1.2", "16fefd00000000000000000000", true},
      {"OpenSSL before 0.9.8f", "16010000000000000000000000", true},
      {"TLS 1.0", "16030100000000000000000000", false},
      {"none", "16fe0000000000000000000000", false},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const auto record = parse_dtls_record(from_hex(row.bytes));
    EXPECT_EQ(record.has_value(), row.known);
    if (row.known) continue;
    EXPECT_EQ(record.error(), (Defect{Fault::malformed, Layer::tls, 1}));
  }
}

TEST(DtlsRecord, RefusesWhatIsNone) {
  EXPECT_EQ(parse_dtls_record(from_hex("80")).error(), (Defect{Fault::malformed, Layer::tls, 0}));
  EXPECT_EQ(parse_dtls_record(from_hex("13")).error(), (Defect{Fault::malformed, Layer::tls, 0}));
  EXPECT_EQ(parse_dtls_record(from_hex("19")).error(), (Defect{Fault::malformed, Layer::tls, 0}));
  const auto too_long = parse_dtls_record(from_hex("16feff00000000000000004801"));
  EXPECT_EQ(too_long.error(), (Defect{Fault::malformed, Layer::tls, 11}));
  const auto longest = parse_dtls_record(from_hex("16feff00000000000000004800"));
  EXPECT_EQ(longest.error().fault, Fault::truncated);
}

TEST(DtlsRecord, EveryPrefixIsTruncatedAndNeverMalformed) {
  const auto whole = from_hex(kRecord);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    const auto record = parse_dtls_record(Bytes{whole}.first(size));
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().fault, Fault::truncated);
  }
}

TEST(DtlsFragment, SaysWhereItsPartBelongs) {
  const auto bytes = from_hex("010000060001000003000003ddeeff02");
  const auto fragment = parse_dtls_fragment(bytes);
  ASSERT_TRUE(fragment);
  EXPECT_EQ(fragment->type, HandshakeType::client_hello);
  EXPECT_EQ(fragment->message_size, 6U);
  EXPECT_EQ(fragment->message_sequence, 1);
  EXPECT_EQ(fragment->offset, 3U);
  EXPECT_THAT(fragment->body, ElementsAre(0xdd, 0xee, 0xff));
  EXPECT_EQ(fragment->bytes.size(), 15U);
}

TEST(DtlsFragment, RefusesAPartBeyondItsMessage) {
  const auto fragment = parse_dtls_fragment(from_hex("010000060001000004000003ddeeff"));
  EXPECT_EQ(fragment.error(), (Defect{Fault::malformed, Layer::tls, 6}));
}

TEST(DtlsFragment, EveryPrefixIsTruncatedAndNeverMalformed) {
  const auto whole = from_hex("010000060001000003000003ddeeff");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    const auto fragment = parse_dtls_fragment(Bytes{whole}.first(size));
    ASSERT_FALSE(fragment);
    EXPECT_EQ(fragment.error().fault, Fault::truncated);
  }
}

}  // namespace
}  // namespace sekimori
