#include "sensor/handshake/tls_registry.h"

#include <gtest/gtest.h>

namespace sekimori {
namespace {

// RFC 8701, section 2: the whole list.
TEST(Grease, IsExactlySixteenValues) {
  int count = 0;
  for (unsigned value = 0; value <= 0xffff; ++value) {
    if (is_grease(static_cast<std::uint16_t>(value))) ++count;
  }
  EXPECT_EQ(count, 16);
  const std::uint16_t all[] = {0x0a0a, 0x1a1a, 0x2a2a, 0x3a3a, 0x4a4a, 0x5a5a, 0x6a6a, 0x7a7a,
                               0x8a8a, 0x9a9a, 0xaaaa, 0xbaba, 0xcaca, 0xdada, 0xeaea, 0xfafa};
  for (const std::uint16_t value : all) {
    EXPECT_TRUE(is_grease(value)) << value;
  }
}

TEST(TlsVersionNumber, IsTheNumberAloneOrTheWire) {
  struct Case {
    std::uint16_t version;
    std::string_view text;
  };
  const Case cases[] = {
      {0x0002, "2.0"}, {0x0300, "3.0"}, {0x0301, "1.0"}, {0x0302, "1.1"}, {0x0303, "1.2"},
      {0x0304, "1.3"}, {0xfeff, "1.0"}, {0xfefd, "1.2"}, {0xfefc, "1.3"}, {0x7f17, "0x7f17"},
  };
  for (const Case& row : cases) EXPECT_EQ(tls_version_number(row.version).view(), row.text);
}

// IANA "TLS Cipher Suites".
TEST(CipherSuiteName, IsIanasOrTheWire) {
  struct Case {
    std::uint16_t suite;
    std::string_view text;
  };
  const Case cases[] = {
      {0x1301, "TLS_AES_128_GCM_SHA256"},
      {0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
      {0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
      {0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
      {0x0001, "TLS_RSA_WITH_NULL_MD5"},
      {0x0005, "TLS_RSA_WITH_RC4_128_SHA"},
      {0xc0ff, "0xc0ff"},
      {0x0000, "0x0000"},
      {0xffff, "0xffff"},
  };
  for (const Case& row : cases) {
    EXPECT_EQ(cipher_suite_name(row.suite).view(), row.text);
    EXPECT_FALSE(cipher_suite_name(row.suite).was_cut());
  }
}

}  // namespace
}  // namespace sekimori
