#include "sensor/handshake/quic_initial.h"

#include <gmock/gmock.h>

#include "tests/unit/sensor/handshake/hex.h"
#include "tests/unit/sensor/handshake/rfc9001.h"

namespace sekimori {
namespace {

using testing::ElementsAreArray;
struct Keys {
  QuicProtection client;
  QuicProtection server;
};
std::optional<Keys> derive_initial_keys(std::uint32_t version, Bytes id) {
  const auto client = derive_initial_protection(version, id, QuicSide::client);
  const auto server = derive_initial_protection(version, id, QuicSide::server);
  if (!client || !server) return std::nullopt;
  return Keys{*client, *server};
}

using Scratch = std::array<std::uint8_t, 1500>;

struct Sample {
  std::uint32_t version;
  const char* client_key;
  const char* client_iv;
  const char* client_hp;
  const char* server_key;
  const char* server_iv;
  const char* server_hp;
};

// RFC 9001, appendix A.1, and RFC 9369, appendix A.1.
TEST(QuicInitialKeys, EqualTheSamplesOfBothVersions) {
  const Sample samples[] = {
      {0x00000001, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
       "9f50449e04a0e810283a1e9933adedd2", "cf3a5331653c364c88f0f379b6067e37",
       "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314"},
      {0x6b3343cf, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
       "45b95e15235d6f45a6b19cbcb0294ba9", "82db637861d55e1d011f19ea71d5d2a7",
       "dd13c276499c0249d3310652", "edf6d05c83121201b436e16877593c3a"},
  };
  const auto id = from_hex(kRfc9001Id);
  for (const Sample& sample : samples) {
    SCOPED_TRACE(sample.version);
    const auto keys = derive_initial_keys(sample.version, id);
    ASSERT_TRUE(keys);
    EXPECT_THAT(keys->client.key, ElementsAreArray(from_hex(sample.client_key)));
    EXPECT_THAT(keys->client.iv, ElementsAreArray(from_hex(sample.client_iv)));
    EXPECT_THAT(keys->client.hp, ElementsAreArray(from_hex(sample.client_hp)));
    EXPECT_THAT(keys->server.key, ElementsAreArray(from_hex(sample.server_key)));
    EXPECT_THAT(keys->server.iv, ElementsAreArray(from_hex(sample.server_iv)));
    EXPECT_THAT(keys->server.hp, ElementsAreArray(from_hex(sample.server_hp)));
  }
  EXPECT_FALSE(derive_initial_keys(0xbabababa, id));
}

TEST(OpenInitial, OpensTheClientsAndTheServersOfRfc9001) {
  const auto keys = derive_initial_keys(1, from_hex(kRfc9001Id));
  ASSERT_TRUE(keys);
  Scratch scratch{};

  const auto client_bytes = from_hex(kRfc9001Client);
  const auto client = open_initial(*parse_quic_packet(client_bytes), keys->client, scratch);
  ASSERT_TRUE(client);
  auto frames = from_hex(kRfc9001ClientCrypto);
  frames.resize(1162);  // PADDING
  EXPECT_THAT(*client, ElementsAreArray(frames));

  const auto server_bytes = from_hex(kRfc9001Server);
  const auto server = open_initial(*parse_quic_packet(server_bytes), keys->server, scratch);
  ASSERT_TRUE(server);
  EXPECT_THAT(*server, ElementsAreArray(from_hex(kRfc9001ServerFrames)));
}

TEST(OpenInitial, RefusesAChangedByteAndOtherKeys) {
  const auto keys = derive_initial_keys(1, from_hex(kRfc9001Id));
  ASSERT_TRUE(keys);
  Scratch scratch{};
  const auto whole = from_hex(kRfc9001Server);
  // Not the version and the lengths: with those it is another packet, or none.
  for (std::size_t at = 7; at < whole.size(); ++at) {
    if (at == 15 || at == 16 || at == 17) continue;
    SCOPED_TRACE(at);
    auto changed = whole;
    changed[at] ^= 0x01U;
    const auto packet = parse_quic_packet(changed);
    ASSERT_TRUE(packet);
    const auto frames = open_initial(*packet, keys->server, scratch);
    ASSERT_FALSE(frames);
    EXPECT_EQ(frames.error().fault, Fault::malformed);
  }
  EXPECT_FALSE(open_initial(*parse_quic_packet(whole), keys->client, scratch));
}

TEST(OpenInitial, RefusesWhatIsTooShortOrNoInitial) {
  const auto keys = derive_initial_keys(1, from_hex(kRfc9001Id));
  ASSERT_TRUE(keys);
  Scratch scratch{};
  const auto whole = from_hex(kRfc9001Server);
  auto packet = *parse_quic_packet(whole);

  const auto no_room = open_initial(packet, keys->server,
                                    std::span{scratch}.first(packet.protected_part.size() - 1));
  EXPECT_EQ(no_room.error().fault, Fault::unsupported);

  packet.type = QuicPacketType::handshake;
  EXPECT_EQ(open_initial(packet, keys->server, scratch).error().fault, Fault::unsupported);

  for (std::size_t size = 0; size < 20; ++size) {
    SCOPED_TRACE(size);
    std::vector<std::uint8_t> bytes{0xc0, 0, 0, 0, 1, 0, 0, 0, static_cast<std::uint8_t>(size)};
    bytes.resize(bytes.size() + size);
    const auto frames = open_initial(*parse_quic_packet(bytes), keys->server, scratch);
    ASSERT_FALSE(frames);
    EXPECT_EQ(frames.error().fault, Fault::malformed);
  }
}

TEST(OpenInitial, EveryPrefixOfItsDatagramIsTruncatedBefore) {
  const auto whole = from_hex(kRfc9001Client);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto packet = parse_quic_packet(Bytes{whole}.first(size));
    ASSERT_FALSE(packet);
    EXPECT_EQ(packet.error().fault, Fault::truncated);
  }
}

}  // namespace
}  // namespace sekimori
