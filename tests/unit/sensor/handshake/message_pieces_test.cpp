#include "sensor/handshake/message_pieces.h"

#include <memory>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using Buffer = std::vector<std::uint8_t>;

std::string_view text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
Bytes bytes_of(std::string_view chars) {
  return {reinterpret_cast<const std::uint8_t*>(chars.data()), chars.size()};
}

TEST(MessagePieces, PutsPiecesInOrderAndKeepsTheFirstOfTwo) {
  auto stream = std::make_unique<MessagePieces>();
  stream->add(6, bytes_of("world"));
  EXPECT_EQ(text(stream->run()), "");
  stream->add(0, bytes_of("hel"));
  EXPECT_EQ(text(stream->run()), "hel");
  stream->add(2, bytes_of("XYo X"));
  EXPECT_EQ(text(stream->run()), "helYo world");
  stream->add(0, bytes_of("HEL"));
  EXPECT_EQ(text(stream->run()), "helYo world");
}

TEST(MessagePieces, DropsWhatLiesBeyondItsEnd) {
  auto stream = std::make_unique<MessagePieces>();
  const Buffer most(kMessageLimit - 1, 'a');
  stream->add(0, most);
  stream->add(kMessageLimit - 1, bytes_of("bc"));
  EXPECT_EQ(stream->run().size(), kMessageLimit);
  EXPECT_EQ(stream->run().back(), 'b');
  stream->add(kMessageLimit, bytes_of("d"));
  stream->add(~std::uint64_t{0}, bytes_of("d"));
  EXPECT_EQ(stream->run().size(), kMessageLimit);
}

TEST(MessagePieces, APrefixOfAPieceIsThatMuchOfTheRunAndClearForgetsIt) {
  auto stream = std::make_unique<MessagePieces>();
  const std::string_view whole = "a hello";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    stream->clear();
    EXPECT_TRUE(stream->run().empty());
    stream->add(0, bytes_of(whole.substr(0, size)));
    EXPECT_EQ(text(stream->run()), whole.substr(0, size));
  }
}

}  // namespace
}  // namespace sekimori
