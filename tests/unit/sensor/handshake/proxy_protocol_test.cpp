#include "sensor/handshake/proxy_protocol.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/unit/sensor/handshake/hex.h"

namespace sekimori {
namespace {

std::vector<std::uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

const std::string kSignature = "0d0a0d0a000d0a515549540a";

TEST(ProxyProtocol, ReadsALineUpToItsEnd) {
  const std::string line = "PROXY TCP4 203.0.113.9 192.0.2.1 50123 443\r\n";
  const auto header = parse_proxy_header(bytes_of(line + "GET / HTTP/1.1\r\n"));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->size, line.size());
  EXPECT_EQ(header->client, *IpAddress::parse("203.0.113.9"));
  EXPECT_EQ(header->client_port, 50123);
}

TEST(ProxyProtocol, JudgesALine) {
  struct Case {
    std::string_view line;
    bool is_header;
    std::string_view client;
  };
  const Case cases[] = {
      {"PROXY TCP6 2001:db8::9 2001:db8::1 65535 443\r\n", true, "2001:db8::9"},
      {"PROXY UNKNOWN\r\n", true, ""},
      {"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", true, ""},
      {"PROXY TCP4 203.0.113.9 192.0.2.1 0 443\r\n", true, "203.0.113.9"},
      {"PROXY TCP4 203.0.113.9 192.0.2.1 65536 443\r\n", false, ""},
      {"PROXY TCP4 203.0.113.9 192.0.2.1 050 443\r\n", false, ""},
      {"PROXY TCP4 203.0.113.9 192.0.2.1 50 443 \r\n", false, ""},
      {"PROXY TCP4 203.0.113.9  192.0.2.1 50 443\r\n", false, ""},
      {"PROXY TCP4 203.0.113.9 192.0.2.1 50\r\n", false, ""},
      {"PROXY TCP4 2001:db8::9 192.0.2.1 50 443\r\n", false, ""},
      {"PROXY TCP6 203.0.113.9 192.0.2.1 50 443\r\n", false, ""},
      {"PROXY UDP4 203.0.113.9 192.0.2.1 50 443\r\n", false, ""},
      {"PROXY \r\n", false, ""},
      {"PROPFIND / HTTP/1.1\r\n", false, ""},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.line);
    const auto header = parse_proxy_header(bytes_of(row.line));
    ASSERT_EQ(header.has_value(), row.is_header);
    if (!row.is_header) {
      EXPECT_EQ(header.error().fault, Fault::malformed);
      continue;
    }
    EXPECT_EQ(header->client.text().view(), row.client);
  }
}

TEST(ProxyProtocol, GivesUpALineThatIsTooLong) {
  // Section 2.1: 107 bytes at most, the end of the line among them.
  EXPECT_TRUE(parse_proxy_header(bytes_of("PROXY UNKNOWN " + std::string(91, 'x') + "\r\n")));
  const auto longer =
      parse_proxy_header(bytes_of("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n"));
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().fault, Fault::malformed);
}

TEST(ProxyProtocol, ReadsTheBinaryForm) {
  struct Case {
    std::string_view what;
    std::string rest;  // behind the signature
    std::string_view client;
    std::uint16_t port;
  };
  const Case cases[] = {
      {"TCP over IPv4", "2111000ccb007109c0000201c3cb01bb", "203.0.113.9", 50123},
      {"UDP over IPv4", "2112000ccb007109c0000201c3cb01bb", "203.0.113.9", 50123},
      {"TCP over IPv6",
       "2121002420010db8000000000000000000000009"
       "20010db8000000000000000000000001c3cb01bb",
       "2001:db8::9", 50123},
      {"a vector behind the addresses", "21110010cb007109c0000201c3cb01bb04000100", "203.0.113.9",
       50123},
      {"LOCAL, whatever it names", "2011000ccb007109c0000201c3cb01bb", "", 0},
      {"LOCAL without addresses", "20000000", "", 0},
      {"AF_UNSPEC", "21000004deadbeef", "", 0},
      {"AF_UNIX", "21310002" + std::string(4, '0'), "", 0},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const auto whole = from_hex(kSignature + row.rest);
    auto stream = whole;
    stream.insert(stream.end(), {0x16, 0x03});
    const auto header = parse_proxy_header(stream);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->size, whole.size());
    EXPECT_EQ(header->client.text().view(), row.client);
    EXPECT_EQ(header->client_port, row.port);
  }
}

TEST(ProxyProtocol, RefusesWhatTheBinaryFormDoesNotAllow) {
  struct Case {
    std::string_view what;
    std::string stream;
    std::uint16_t at;
  };
  const Case cases[] = {
      {"another signature", "0d0a0d0a000d0a51554954ff", 0},
      {"one byte of it", "0d0b", 0},
      {"a TLS record", "1603", 0},
      {"version 1 in binary", kSignature + "11", 12},
      {"an unknown command", kSignature + "22", 12},
      {"an unknown family", kSignature + "2141", 13},
      {"an unknown transport", kSignature + "2113", 13},
      {"addresses that do not fit", kSignature + "2111000bcb007109c0000201c3cb01", 14},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const auto header = parse_proxy_header(from_hex(row.stream));
    ASSERT_FALSE(header);
    EXPECT_EQ(header.error(), (Defect{Fault::malformed, Layer::tcp, row.at}));
  }
}

TEST(ProxyProtocol, EveryPrefixIsTruncatedAndNeverMalformed) {
  for (const auto& whole : {bytes_of("PROXY TCP4 203.0.113.9 192.0.2.1 50123 443\r\n"),
                            from_hex(kSignature + "21110010cb007109c0000201c3cb01bb04000100")}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      SCOPED_TRACE(size);
      const auto header = parse_proxy_header(Bytes{whole}.first(size));
      ASSERT_FALSE(header);
      EXPECT_EQ(header.error().fault, Fault::truncated);
    }
  }
}

}  // namespace
}  // namespace sekimori
