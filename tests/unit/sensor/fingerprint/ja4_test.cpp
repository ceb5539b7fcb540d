#include "sensor/fingerprint/ja4.h"

#include <gtest/gtest.h>

#include "sensor/fingerprint/digest.h"
#include "tests/unit/sensor/fingerprint/vectors.h"

namespace sekimori {
namespace {

using Buffer = std::vector<std::uint8_t>;

TEST(Ja4, EqualsEveryVector) {
  const auto vectors = tls_vectors("client");
  ASSERT_EQ(vectors.size(), 42U);
  for (const auto& vector : vectors) {
    SCOPED_TRACE(vector.at("name"));
    const auto body = from_hex(vector.at("body_hex"));
    const TransportKind transport = transport_of(vector);
    const auto hello = parse_client_hello(body, TransportKind::tls);
    ASSERT_TRUE(hello);
    EXPECT_EQ(ja4(*hello, transport).view(), vector.at("ja4").get<std::string>());
    std::string raw;
    append_ja4_r(*hello, transport, raw);
    EXPECT_EQ(raw, vector.at("ja4_r").get<std::string>());
    EXPECT_TRUE(why_no_ja4(*hello).empty());
  }
}

// The worked example of JA4.md.
TEST(Ja4, DigestsTheExampleOfItsSpecification) {
  struct Case {
    std::string_view text;
    std::string_view digest;
  };
  const Case cases[] = {
      {"002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9",
       "8daaf6152771"},
      {"0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_0403,0804,0401,0503,"
       "0805,0501,0806,0601",
       "e5627efa2ab1"},
      {"0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01", "6d807ffa2a79"},
  };
  for (const Case& row : cases) {
    Digest sha256{DigestKind::sha256};
    sha256.append(row.text);
    EXPECT_EQ(sha256.hex(12).view(), row.digest);
  }
}

// A hello with that many cipher suites 0x0000, and no extensions.
Buffer hello_with_suites(std::size_t count) {
  Buffer body(35, 0);
  body.push_back(static_cast<std::uint8_t>(count * 2 >> 8U));
  body.push_back(static_cast<std::uint8_t>(count * 2 & 0xffU));
  body.resize(body.size() + count * 2);
  body.push_back(0);
  return body;
}

TEST(Ja4, StopsAtItsBoundAndSaysWhy) {
  const auto at_bound = hello_with_suites(kJa4MaxValues);
  const auto beyond = hello_with_suites(kJa4MaxValues + 1);
  const auto last = parse_client_hello(at_bound, TransportKind::tls);
  const auto too_many = parse_client_hello(beyond, TransportKind::tls);
  ASSERT_TRUE(last);
  ASSERT_TRUE(too_many);
  EXPECT_EQ(ja4(*last, TransportKind::tls).view().substr(0, 11), "t00i990000_");
  EXPECT_TRUE(ja4(*too_many, TransportKind::tls).empty());
  EXPECT_EQ(why_no_ja4(*too_many), "too_many_values");
  std::string raw;
  append_ja4_r(*too_many, TransportKind::tls, raw);
  EXPECT_TRUE(raw.empty());
}

}  // namespace
}  // namespace sekimori
