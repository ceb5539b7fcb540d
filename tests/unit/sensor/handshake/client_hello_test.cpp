#include "sensor/handshake/client_hello.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

namespace sekimori {
namespace {

using testing::ElementsAre;
using Buffer = std::vector<std::uint8_t>;

// RFC 8448, section 3: the client's hello of a simple 1-RTT handshake, without its message header.
const Buffer kHello{
    0x03, 0x03, 0xcb, 0x34, 0xec, 0xb1, 0xe7, 0x81, 0x63, 0xba, 0x1c, 0x38, 0xc6, 0xda, 0xcb, 0x19,
    0x6a, 0x6d, 0xff, 0xa2, 0x1a, 0x8d, 0x99, 0x12, 0xec, 0x18, 0xa2, 0xef, 0x62, 0x83, 0x02, 0x4d,
    0xec, 0xe7, 0x00, 0x00, 0x06, 0x13, 0x01, 0x13, 0x03, 0x13, 0x02, 0x01, 0x00, 0x00, 0x91, 0x00,
    0x00, 0x00, 0x0b, 0x00, 0x09, 0x00, 0x00, 0x06, 0x73, 0x65, 0x72, 0x76, 0x65, 0x72, 0xff, 0x01,
    0x00, 0x01, 0x00, 0x00, 0x0a, 0x00, 0x14, 0x00, 0x12, 0x00, 0x1d, 0x00, 0x17, 0x00, 0x18, 0x00,
    0x19, 0x01, 0x00, 0x01, 0x01, 0x01, 0x02, 0x01, 0x03, 0x01, 0x04, 0x00, 0x23, 0x00, 0x00, 0x00,
    0x33, 0x00, 0x26, 0x00, 0x24, 0x00, 0x1d, 0x00, 0x20, 0x99, 0x38, 0x1d, 0xe5, 0x60, 0xe4, 0xbd,
    0x43, 0xd2, 0x3d, 0x8e, 0x43, 0x5a, 0x7d, 0xba, 0xfe, 0xb3, 0xc0, 0x6e, 0x51, 0xc1, 0x3c, 0xae,
    0x4d, 0x54, 0x13, 0x69, 0x1e, 0x52, 0x9a, 0xaf, 0x2c, 0x00, 0x2b, 0x00, 0x03, 0x02, 0x03, 0x04,
    0x00, 0x0d, 0x00, 0x20, 0x00, 0x1e, 0x04, 0x03, 0x05, 0x03, 0x06, 0x03, 0x02, 0x03, 0x08, 0x04,
    0x08, 0x05, 0x08, 0x06, 0x04, 0x01, 0x05, 0x01, 0x06, 0x01, 0x02, 0x01, 0x04, 0x02, 0x05, 0x02,
    0x06, 0x02, 0x02, 0x02, 0x00, 0x2d, 0x00, 0x02, 0x01, 0x01, 0x00, 0x1c, 0x00, 0x02, 0x40, 0x01};

// What stands before the extensions, bytes; a hello cut there is whole, as before TLS 1.3.
constexpr std::size_t kWithoutExtensions = 45;

template <typename List>
auto values(const List& list) {
  std::vector<typename List::value_type> all;
  for (const auto& one : list) all.push_back(one);
  return all;
}

std::vector<std::uint16_t> types(const ClientHello& hello) {
  std::vector<std::uint16_t> all;
  for (const Extension& extension : hello.extensions) all.push_back(extension.type);
  return all;
}

std::string_view text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// kHello with these bytes as its extensions block.
Buffer with_extensions(const Buffer& block) {
  Buffer hello(kHello.begin(), kHello.begin() + kWithoutExtensions);
  hello.push_back(static_cast<std::uint8_t>(block.size() >> 8U));
  hello.push_back(static_cast<std::uint8_t>(block.size() & 0xffU));
  hello.insert(hello.end(), block.begin(), block.end());
  return hello;
}

TEST(ClientHello, ReadsTheTraceOfRfc8448) {
  const auto hello = parse_client_hello(kHello, TransportKind::tls);
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->legacy_version, 0x0303);
  EXPECT_EQ(hello->random.size(), 32U);
  EXPECT_EQ(hello->random.front(), 0xcb);
  EXPECT_TRUE(hello->session_id.empty());
  EXPECT_THAT(values(hello->cipher_suites), ElementsAre(0x1301, 0x1303, 0x1302));
  EXPECT_EQ(hello->compression_methods.size(), 1U);
  EXPECT_THAT(types(*hello), ElementsAre(0, 0xff01, 10, 35, 51, 43, 13, 45, 28));
  EXPECT_EQ(text(hello->server_name), "server");
  EXPECT_TRUE(hello->alpn.empty());
  EXPECT_THAT(values(hello->supported_groups),
              ElementsAre(0x001d, 0x0017, 0x0018, 0x0019, 0x0100, 0x0101, 0x0102, 0x0103, 0x0104));
  EXPECT_THAT(values(hello->supported_versions), ElementsAre(0x0304));
  EXPECT_EQ(values(hello->signature_algorithms).size(), 15U);
  EXPECT_EQ(values(hello->signature_algorithms).back(), 0x0202);
  EXPECT_FALSE(hello->has_ech);
  EXPECT_FALSE(hello->has_early_data);
  EXPECT_FALSE(hello->has_pre_shared_key);
}

TEST(ClientHello, EveryPrefixIsTruncatedOrAHelloWithoutExtensions) {
  for (std::size_t size = 0; size < kHello.size(); ++size) {
    SCOPED_TRACE(size);
    const auto hello = parse_client_hello(Bytes{kHello}.first(size), TransportKind::tls);
    // One byte behind it is no length yet.
    if (size == kWithoutExtensions || size == kWithoutExtensions + 1) {
      ASSERT_TRUE(hello);
      EXPECT_TRUE(hello->extensions.empty());
      continue;
    }
    ASSERT_FALSE(hello);
    EXPECT_EQ(hello.error().fault, Fault::truncated);
  }
}

TEST(ClientHello, RejectsAnOuterStructureThatCannotBe) {
  auto odd_ciphers = kHello;
  odd_ciphers[36] = 5;
  auto extension_too_long = kHello;
  extension_too_long[kHello.size() - 3] =
      3;  // the last extension claims one byte more than its block

  struct Case {
    std::string_view what;
    Buffer bytes;
    Defect defect;
  };
  const Case cases[] = {
      {"odd cipher list", odd_ciphers, {Fault::malformed, Layer::tls, 35}},
      {"extension past its block", extension_too_long, {Fault::malformed, Layer::tls, 192}},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const auto hello = parse_client_hello(row.bytes, TransportKind::tls);
    ASSERT_FALSE(hello);
    EXPECT_EQ(hello.error(), row.defect);
  }
}

TEST(ClientHello, PassesOverBytesThatAreTooFewForAnExtension) {
  for (const Buffer& block :
       {Buffer{0x00, 0x17, 0x00, 0x00, 0x00}, Buffer{0x00, 0x17, 0x00, 0x00, 0x00, 0x0a, 0x00}}) {
    const auto bytes = with_extensions(block);
    const auto hello = parse_client_hello(bytes, TransportKind::tls);
    ASSERT_TRUE(hello);
    EXPECT_THAT(types(*hello), ElementsAre(0x17));
    EXPECT_EQ(hello->extensions.bytes().size(), 4U);
  }
}

TEST(ClientHello, ABrokenInsideLeavesItsListEmptyAndTheExtensionCounted) {
  struct Case {
    std::string_view what;
    Buffer block;
  };
  const Case cases[] = {
      {"host_name longer than its extension", {0, 0, 0, 6, 0, 4, 0, 0, 9, 'a'}},
      {"name_type that is none", {0, 0, 0, 6, 0, 4, 7, 0, 1, 'a'}},
      {"server_name without anything", {0, 0, 0, 0}},
      {"groups longer than their extension", {0, 10, 0, 4, 0, 4, 0, 29}},
      {"odd groups", {0, 10, 0, 5, 0, 3, 0, 29, 0}},
      {"formats longer than their extension", {0, 11, 0, 2, 2, 0}},
      {"odd signature algorithms", {0, 13, 0, 3, 0, 1, 4}},
      {"protocol list longer than its extension", {0, 16, 0, 5, 0, 9, 2, 'h', '2'}},
      {"versions longer than their extension", {0, 43, 0, 3, 4, 3, 4}},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const auto bytes = with_extensions(row.block);
    const auto hello = parse_client_hello(bytes, TransportKind::tls);
    ASSERT_TRUE(hello);
    EXPECT_THAT(types(*hello), ElementsAre(row.block[1]));
    EXPECT_TRUE(hello->server_name.empty());
    EXPECT_TRUE(hello->supported_groups.empty());
    EXPECT_TRUE(hello->ec_point_formats.empty());
    EXPECT_TRUE(hello->signature_algorithms.empty());
    EXPECT_TRUE(hello->alpn.empty());
    EXPECT_TRUE(hello->supported_versions.empty());
  }
}

TEST(ClientHello, ReadsProtocolNamesAndStopsAtACutOne) {
  const auto bytes = with_extensions(
      {0, 16, 0, 16, 0, 14, 2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1', 5, 'x'});
  const auto hello = parse_client_hello(bytes, TransportKind::tls);
  ASSERT_TRUE(hello);
  const auto names = values(hello->alpn);
  ASSERT_EQ(names.size(), 2U);
  EXPECT_EQ(text(names[0]), "h2");
  EXPECT_EQ(text(names[1]), "http/1.1");
}

TEST(ClientHello, OfRepeatedExtensionsTheFirstNameAndTheLastListCount) {
  const auto bytes = with_extensions({0, 0,   0, 6,  0, 4, 0, 0, 1, 'a', 0, 0,  0, 6, 0, 4, 0, 0,
                                      1, 'b', 0, 10, 0, 4, 0, 2, 0, 29,  0, 10, 0, 4, 0, 2, 0, 23});
  const auto hello = parse_client_hello(bytes, TransportKind::tls);
  ASSERT_TRUE(hello);
  EXPECT_THAT(types(*hello), ElementsAre(0, 0, 10, 10));
  EXPECT_EQ(text(hello->server_name), "a");
  EXPECT_THAT(values(hello->supported_groups), ElementsAre(23));
}

TEST(ClientHello, SeesEchEarlyDataAndPreSharedKey) {
  const auto bytes = with_extensions({0xfe, 0x0d, 0, 0, 0, 42, 0, 0, 0, 41, 0, 0});
  const auto hello = parse_client_hello(bytes, TransportKind::tls);
  ASSERT_TRUE(hello);
  EXPECT_TRUE(hello->has_ech);
  EXPECT_TRUE(hello->has_early_data);
  EXPECT_TRUE(hello->has_pre_shared_key);
}

// RFC 6347, section 4.2.1: between the session id and the cipher suites.
TEST(ClientHello, HasACookieOnlyInDtls) {
  auto dtls = kHello;
  const Buffer cookie{2, 0xaa, 0xbb};
  dtls.insert(dtls.begin() + 35, cookie.begin(), cookie.end());
  const auto hello = parse_client_hello(dtls, TransportKind::dtls);
  ASSERT_TRUE(hello);
  EXPECT_THAT(values(hello->cipher_suites), ElementsAre(0x1301, 0x1303, 0x1302));
  EXPECT_TRUE(std::ranges::equal(hello->cookie, Buffer{0xaa, 0xbb}));
  EXPECT_FALSE(parse_client_hello(dtls, TransportKind::tls));
}

TEST(ClientHello, TrailingBytesAreIgnored) {
  auto longer = kHello;
  longer.push_back(0xff);
  EXPECT_TRUE(parse_client_hello(longer, TransportKind::tls));
}

TEST(EscapedText, ShowsWhatIsPrintableAndEscapesTheRest) {
  struct Case {
    std::string_view what;
    Buffer bytes;
    std::string_view text;
  };
  const Case cases[] = {
      {"nothing", {}, ""},
      {"a name", {'w', 'w', 'w', '.', 'j', 'p'}, "www.jp"},
      {"a real client's ALPN", {'/', 'V', '5', 0x19, 0xe5, '_', 0x94, '>'}, R"(/V5\x19\xe5_\x94>)"},
      {"the backslash itself", {'\\', 'x'}, R"(\x5cx)"},
      {"the edges of ASCII", {0x00, 0x1f, 0x20, 0x7e, 0x7f, 0xff}, R"(\x00\x1f ~\x7f\xff)"},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    EXPECT_EQ(escaped_text(row.bytes).view(), row.text);
  }
  EXPECT_TRUE(escaped_text(Buffer(256, 'a')).was_cut());
}

}  // namespace
}  // namespace sekimori
