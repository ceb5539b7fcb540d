#include "sensor/handshake/server_hello.h"

#include <string_view>
#include <vector>

#include <gmock/gmock.h>

namespace sekimori {
namespace {

using testing::ElementsAre;
using Buffer = std::vector<std::uint8_t>;

// RFC 8448, section 3: the server's hello, without its message header.
const Buffer kHello{0x03, 0x03, 0xa6, 0xaf, 0x06, 0xa4, 0x12, 0x18, 0x60, 0xdc, 0x5e, 0x6e, 0x60,
                    0x24, 0x9c, 0xd3, 0x4c, 0x95, 0x93, 0x0c, 0x8a, 0xc5, 0xcb, 0x14, 0x34, 0xda,
                    0xc1, 0x55, 0x77, 0x2e, 0xd3, 0xe2, 0x69, 0x28, 0x00, 0x13, 0x01, 0x00, 0x00,
                    0x2e, 0x00, 0x33, 0x00, 0x24, 0x00, 0x1d, 0x00, 0x20, 0xc9, 0x82, 0x88, 0x76,
                    0x11, 0x20, 0x95, 0xfe, 0x66, 0x76, 0x2b, 0xdb, 0xf7, 0xc6, 0x72, 0xe1, 0x56,
                    0xd6, 0xcc, 0x25, 0x3b, 0x83, 0x3d, 0xf1, 0xdd, 0x69, 0xb1, 0xb0, 0x4e, 0x75,
                    0x1f, 0x0f, 0x00, 0x2b, 0x00, 0x02, 0x03, 0x04};
constexpr std::size_t kWithoutExtensions = 38;  // bytes

// RFC 8446, section 4.1.3.
const Buffer kRetryRandom{0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
                          0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
                          0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

std::vector<std::uint16_t> types(const ServerHello& hello) {
  std::vector<std::uint16_t> all;
  for (const Extension& extension : hello.extensions) all.push_back(extension.type);
  return all;
}

Buffer with_extensions(const Buffer& block) {
  Buffer hello(kHello.begin(), kHello.begin() + kWithoutExtensions);
  hello.push_back(0);
  hello.push_back(static_cast<std::uint8_t>(block.size()));
  hello.insert(hello.end(), block.begin(), block.end());
  return hello;
}

TEST(ServerHello, ReadsTheTraceOfRfc8448) {
  const auto hello = parse_server_hello(kHello);
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->legacy_version, 0x0303);
  EXPECT_EQ(hello->negotiated_version, 0x0304);
  EXPECT_EQ(hello->cipher_suite, 0x1301);
  EXPECT_THAT(types(*hello), ElementsAre(51, 43));
  EXPECT_TRUE(hello->alpn.empty());
  EXPECT_FALSE(hello->is_hello_retry_request);
}

TEST(ServerHello, EveryPrefixIsTruncatedOrAHelloWithoutExtensions) {
  for (std::size_t size = 0; size < kHello.size(); ++size) {
    SCOPED_TRACE(size);
    const auto hello = parse_server_hello(Bytes{kHello}.first(size));
    if (size == kWithoutExtensions) {
      ASSERT_TRUE(hello);
      EXPECT_EQ(hello->negotiated_version, 0x0303);
      continue;
    }
    ASSERT_FALSE(hello);
    EXPECT_EQ(hello.error().fault, Fault::truncated);
  }
}

TEST(ServerHello, AnExtensionPastItsBlockIsMalformed) {
  auto bytes = kHello;
  bytes[kHello.size() - 3] = 3;
  const auto hello = parse_server_hello(bytes);
  ASSERT_FALSE(hello);
  EXPECT_EQ(hello.error().fault, Fault::malformed);
}

TEST(ServerHello, ReadsTheChosenProtocol) {
  const auto bytes = with_extensions({0, 16, 0, 5, 0, 3, 2, 'h', '2'});
  const auto hello = parse_server_hello(bytes);
  ASSERT_TRUE(hello);
  EXPECT_THAT(hello->alpn, ElementsAre('h', '2'));
  EXPECT_EQ(hello->negotiated_version, 0x0303);
}

TEST(ServerHello, ACutSelectedVersionLeavesTheLegacyOne) {
  const auto bytes = with_extensions({0, 43, 0, 1, 3});
  const auto hello = parse_server_hello(bytes);
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->negotiated_version, 0x0303);
}

TEST(ServerHello, TellsARetryRequestByEveryByteOfItsRandom) {
  auto retry = kHello;
  std::copy(kRetryRandom.begin(), kRetryRandom.end(), retry.begin() + 2);
  EXPECT_TRUE(is_hello_retry_request(retry));
  EXPECT_TRUE(parse_server_hello(retry)->is_hello_retry_request);
  for (std::size_t i = 2; i < 34; ++i) {
    SCOPED_TRACE(i);
    auto other = retry;
    other[i] ^= 1U;
    EXPECT_FALSE(is_hello_retry_request(other));
  }
  EXPECT_FALSE(is_hello_retry_request(Bytes{retry}.first(33)));
}

// draft-ietf-tls-tls13-19, section 4.1.3: version, random, cipher suite, extensions.
TEST(ServerHello, ReadsTheShortFormOfEarlyDrafts) {
  const std::uint16_t versions[] = {0x7f13, 0x0304};
  for (const std::uint16_t version : versions) {
    SCOPED_TRACE(version);
    Buffer bytes(kHello.begin(), kHello.begin() + 34);
    bytes[0] = static_cast<std::uint8_t>(version >> 8U);
    bytes[1] = static_cast<std::uint8_t>(version & 0xffU);
    const Buffer rest{0x13, 0x02, 0x00, 0x04, 0x00, 0x28, 0x00, 0x00};
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    const auto hello = parse_server_hello(bytes);
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->cipher_suite, 0x1302);
    EXPECT_EQ(hello->negotiated_version, version);
    EXPECT_THAT(types(*hello), ElementsAre(40));
  }
}

}  // namespace
}  // namespace sekimori
