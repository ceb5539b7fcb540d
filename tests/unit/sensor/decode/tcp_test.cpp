#include "sensor/decode/tcp.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using Octets = std::vector<std::uint8_t>;

// RFC 9293, section 3.1: 49153 to 443, SYN and ECE, with MSS 1460 and two bytes of data.
const Octets kSegment{0xc0, 0x01, 0x01, 0xbb, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x60,
                      0x42, 0xfa, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, 'h',  'i'};

Result<TcpSegment> whole(const Octets& segment) {
  return parse_tcp(segment, static_cast<std::uint32_t>(segment.size()));
}

TEST(Tcp, ReadsTheHeader) {
  const auto tcp = whole(kSegment);
  ASSERT_TRUE(tcp);
  EXPECT_EQ(tcp->source_port, 49153);
  EXPECT_EQ(tcp->destination_port, 443);
  EXPECT_EQ(tcp->header.sequence, 0x01020304U);
  EXPECT_EQ(tcp->header.acknowledgment, 0x05060708U);
  EXPECT_EQ(tcp->header.flags, TcpFlag::kSyn | TcpFlag::kEce);
  EXPECT_EQ(tcp->header.window, 64240);
  ASSERT_EQ(tcp->header.options.size(), 4U);
  EXPECT_EQ(tcp->header.options[0], 2);
  ASSERT_EQ(tcp->payload.size(), 2U);
  EXPECT_EQ(tcp->payload[0], 'h');
}

TEST(Tcp, EveryPrefixOfTheFixedHeaderIsTruncatedAndNeverMalformed) {
  for (std::size_t size = 0; size < 20; ++size) {
    SCOPED_TRACE(size);
    const auto tcp = parse_tcp(Bytes{kSegment}.first(size), 26);
    ASSERT_FALSE(tcp);
    EXPECT_EQ(tcp.error().fault, Fault::truncated);
  }
}

TEST(Tcp, TheCaptureMayEndAmidTheOptions) {
  for (std::size_t size = 20; size <= 26; ++size) {
    SCOPED_TRACE(size);
    const auto tcp = parse_tcp(Bytes{kSegment}.first(size), 26);
    ASSERT_TRUE(tcp);
    EXPECT_EQ(tcp->header.window, 64240);
    EXPECT_EQ(tcp->header.options.size(), std::min<std::size_t>(size - 20, 4));
    EXPECT_EQ(tcp->payload.size(), size - 20 - tcp->header.options.size());
    EXPECT_EQ(tcp->payload_length, 2U);
  }
  // The packet itself ends there, and not the capture.
  const auto tcp = parse_tcp(Bytes{kSegment}.first(22), 22);
  ASSERT_FALSE(tcp);
  EXPECT_EQ(tcp.error(), (Defect{Fault::truncated, Layer::tcp, 20}));
}

TEST(Tcp, RefusesDataOffsetsThatCannotBeTrue) {
  struct Case {
    std::string_view what;
    std::uint8_t offset;
    Defect defect;
  };
  const Case cases[] = {
      {"none", 0x00, {Fault::malformed, Layer::tcp, 12}},
      {"inside the fixed header", 0x40, {Fault::malformed, Layer::tcp, 12}},
      {"past the end of the packet", 0x70, {Fault::truncated, Layer::tcp, 20}},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    Octets bytes = kSegment;
    bytes[12] = row.offset;
    const auto tcp = whole(bytes);
    ASSERT_FALSE(tcp);
    EXPECT_EQ(tcp.error(), row.defect);
  }
}

}  // namespace
}  // namespace sekimori
