#include "sensor/handshake/quic_crypto.h"

#include <memory>
#include <string_view>

#include <gmock/gmock.h>

#include "sensor/handshake/client_hello.h"
#include "sensor/handshake/server_hello.h"
#include "tests/unit/sensor/handshake/hex.h"
#include "tests/unit/sensor/handshake/rfc9001.h"

namespace sekimori {
namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kGoogle = 0x54303530;  // T050

using Buffer = std::vector<std::uint8_t>;

std::string_view text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
TEST(QuicCrypto, ReadsTheHellosOfRfc9001) {
  auto stream = std::make_unique<MessagePieces>();
  ASSERT_EQ(add_crypto_frames(from_hex(kRfc9001ClientCrypto), kVersion, *stream), 1U);
  const auto client = first_crypto_message(stream->run(), HandshakeType::client_hello);
  ASSERT_TRUE(client);
  EXPECT_EQ(text(parse_client_hello(*client, TransportKind::quic)->server_name), "example.com");

  stream->clear();
  EXPECT_TRUE(stream->run().empty());
  ASSERT_EQ(add_crypto_frames(from_hex(kRfc9001ServerFrames), kVersion, *stream),
            1U);  // behind an ACK
  const auto server = first_crypto_message(stream->run(), HandshakeType::server_hello);
  ASSERT_TRUE(server);
  EXPECT_EQ(parse_server_hello(*server)->negotiated_version, 0x0304);
}

TEST(QuicCrypto, EveryPrefixOfAFrameIsTruncatedAndNeverMalformed) {
  const auto frame = from_hex(kRfc9001ClientCrypto);
  auto stream = std::make_unique<MessagePieces>();
  for (std::size_t size = 1; size < frame.size(); ++size) {
    SCOPED_TRACE(size);
    const auto added = add_crypto_frames(Bytes{frame}.first(size), kVersion, *stream);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().fault, Fault::truncated);
    EXPECT_TRUE(stream->run().empty());
  }
}

TEST(QuicCrypto, EveryPrefixOfAMessageIsTruncatedAndNeverMalformed) {
  const auto run = from_hex(kRfc9001ClientCrypto + 8);
  for (std::size_t size = 0; size < run.size(); ++size) {
    SCOPED_TRACE(size);
    const auto body = first_crypto_message(Bytes{run}.first(size), HandshakeType::client_hello);
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().fault, Fault::truncated);
  }
}

TEST(QuicCrypto, SkipsEachFrameThatAnInitialMayCarry) {
  struct Case {
    std::string_view what;
    Buffer bytes;
  };
  const Case cases[] = {
      {"PADDING", {0x00, 0x00}},
      {"PING", {0x01}},
      {"ACK of two ranges", {0x02, 9, 0, 2, 1, 0, 0, 0, 0}},
      {"ACK with ECN counts", {0x03, 9, 0, 0, 1, 7, 0x40, 7, 7}},
      {"CONNECTION_CLOSE with a reason", {0x1c, 0x0a, 0x06, 3, 'b', 'y', 'e'}},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    auto frames = row.bytes;
    frames.insert(frames.end(), {0x06, 0x00, 0x02, 'h', 'i'});
    auto stream = std::make_unique<MessagePieces>();
    EXPECT_EQ(add_crypto_frames(frames, kVersion, *stream), 1U);
    EXPECT_EQ(text(stream->run()), "hi");
  }
}

// RFC 9000, section 12.4.
TEST(QuicCrypto, RefusesFramesOfOtherPackets) {
  const Buffer types{0x04, 0x05, 0x07, 0x08, 0x10, 0x18, 0x1d, 0x1e};
  for (const std::uint8_t type : types) {
    SCOPED_TRACE(type);
    auto stream = std::make_unique<MessagePieces>();
    const auto added =
        add_crypto_frames(Buffer{0x06, 0x00, 0x01, 'h', type, 0, 0}, kVersion, *stream);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error(), (Defect{Fault::malformed, Layer::quic, 4}));
    EXPECT_EQ(text(stream->run()), "h");
  }
}

// Google's numbers: ACK 01nllmm, PING 7, CRYPTO 8.
TEST(QuicCrypto, ReadsGooglesFrames) {
  struct Case {
    std::string_view what;
    Buffer bytes;
  };
  const Case cases[] = {
      {"nothing before", {}},
      {"PADDING and PING", {0x00, 0x07}},
      {"ACK", {0x40, 1, 0, 0, 1, 0}},
      {"ACK, two bytes of each", {0x45, 0, 9, 0, 0, 0, 1, 0}},
      {"ACK, six bytes of each", {0x4f, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0}},
      {"ACK with two more blocks", {0x60, 9, 0, 0, 2, 1, 1, 1, 1, 1, 0}},
      {"ACK with three time stamps", {0x40, 9, 0, 0, 1, 3, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0}},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    auto frames = row.bytes;
    frames.insert(frames.end(), {0x08, 0x00, 0x02, 'h', 'i'});
    auto stream = std::make_unique<MessagePieces>();
    EXPECT_EQ(add_crypto_frames(frames, kGoogle, *stream), 1U);
    EXPECT_EQ(text(stream->run()), "hi");
  }
  auto stream = std::make_unique<MessagePieces>();
  EXPECT_FALSE(add_crypto_frames(Buffer{0x06, 0x00, 0x02, 'h', 'i'}, kGoogle, *stream));
  EXPECT_FALSE(add_crypto_frames(Buffer{0x08, 0x00, 0x02, 'h', 'i'}, kVersion, *stream));
  EXPECT_TRUE(stream->run().empty());
}

TEST(FirstCryptoMessage, SettlesWhatWillNeverBeRead) {
  const Buffer other{0x02};
  const auto wrong = first_crypto_message(other, HandshakeType::client_hello);
  EXPECT_EQ(wrong.error(), (Defect{Fault::malformed, Layer::tls, 0}));
  const Buffer too_large{0x01, 0x00, 0x1f, 0xfd};
  const auto large = first_crypto_message(too_large, HandshakeType::client_hello);
  EXPECT_EQ(large.error(), (Defect{Fault::unsupported, Layer::tls, 1}));
  const Buffer largest{0x01, 0x00, 0x1f, 0xfc};
  EXPECT_EQ(first_crypto_message(largest, HandshakeType::client_hello).error().fault,
            Fault::truncated);
}

}  // namespace
}  // namespace sekimori
