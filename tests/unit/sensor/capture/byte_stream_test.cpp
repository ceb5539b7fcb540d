#include "sensor/capture/byte_stream.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using Octets = std::vector<std::uint8_t>;

// "sekimori " and "barrier" by Python's gzip: RFC 1952 lets the two stand behind each other.
const Octets kTwoMembers{0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x2b, 0x4e,
                         0xcd, 0xce, 0xcc, 0xcd, 0x2f, 0xca, 0x54, 0x00, 0x00, 0x5d, 0x1b, 0xa5,
                         0xcb, 0x09, 0x00, 0x00, 0x00, 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00,
                         0x00, 0x02, 0x03, 0x4b, 0x4a, 0x2c, 0x2a, 0xca, 0x4c, 0x2d, 0x02, 0x00,
                         0xa8, 0xfa, 0x4e, 0xe1, 0x07, 0x00, 0x00, 0x00};

std::string text(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

std::string write_file(std::string_view name, Bytes bytes) {
  const std::string path = testing::TempDir() + std::string{name} + std::to_string(::getpid());
  std::ofstream{path, std::ios::binary} << text(bytes);
  return path;
}

TEST(ByteStream, PeeksWithoutTaking) {
  const Octets bytes{1, 2, 3, 4, 5};
  ByteStream stream = ByteStream::over(bytes);
  EXPECT_GE(stream.peek(2).size(), 2U);
  EXPECT_EQ(stream.peek(9).size(), 5U);
  EXPECT_EQ(stream.skip(3), 3U);
  EXPECT_EQ(stream.offset(), 3U);
  EXPECT_EQ(stream.peek(2)[0], 4);
  EXPECT_EQ(stream.skip(9), 2U);
  EXPECT_EQ(stream.offset(), 5U);
  EXPECT_TRUE(stream.peek(1).empty());
  EXPECT_TRUE(stream.trouble().empty());
}

TEST(ByteStream, InflatesEveryGzipMember) {
  ByteStream stream = ByteStream::over(kTwoMembers);
  EXPECT_EQ(text(stream.peek(100)), "sekimori barrier");
  EXPECT_TRUE(stream.trouble().empty());
  EXPECT_EQ(stream.progress().done, kTwoMembers.size());
  EXPECT_EQ(stream.progress().total, kTwoMembers.size());
}

TEST(ByteStream, BytesBehindTheLastMemberAreIgnored) {
  Octets padded = kTwoMembers;
  padded.resize(padded.size() + 5, 0x00);
  ByteStream stream = ByteStream::over(padded);
  EXPECT_EQ(text(stream.peek(100)), "sekimori barrier");
  EXPECT_TRUE(stream.trouble().empty());
}

TEST(ByteStream, NamesGzipThatEndsEarlyOrIsBroken) {
  ByteStream cut = ByteStream::over(Bytes{kTwoMembers}.first(kTwoMembers.size() - 1));
  EXPECT_EQ(text(cut.peek(100)), "sekimori barrier");
  EXPECT_EQ(cut.trouble(), "its gzip data end early");

  Octets broken = kTwoMembers;
  broken[26] = 0xff;  // the first member's length
  ByteStream stream = ByteStream::over(broken);
  EXPECT_EQ(text(stream.peek(100)), "sekimori ");
  EXPECT_EQ(stream.trouble(), "its gzip data are broken");
}

TEST(ByteStream, ReadsFilesLargerThanItsBuffer) {
  Octets bytes(3'000'000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
  const std::string path = write_file("large", bytes);
  Loaded<ByteStream> stream = ByteStream::open(path);
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->progress().total, bytes.size());
  std::size_t at = 0;
  while (!stream->peek(1).empty()) {
    const std::size_t wanted = std::min<std::size_t>(ByteStream::kMaxPeek, bytes.size() - at);
    const Bytes piece = stream->peek(wanted);
    ASSERT_GE(piece.size(), wanted);
    ASSERT_EQ(piece.front(), bytes[at]);
    ASSERT_EQ(piece[wanted - 1], bytes[at + wanted - 1]);
    EXPECT_EQ(stream->progress().done, at);
    at += stream->skip(wanted);
  }
  EXPECT_EQ(at, bytes.size());
  ::unlink(path.c_str());
}

TEST(ByteStream, ReadsAPipeAsItFills) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const std::string path = "/dev/fd/" + std::to_string(ends[0]);
  ASSERT_EQ(::write(ends[1], "abc", 3), 3);
  Loaded<ByteStream> stream = ByteStream::open(path);
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->progress().total, 0U);
  EXPECT_EQ(text(stream->peek(3)), "abc");
  ASSERT_EQ(::write(ends[1], "def", 3), 3);
  ::close(ends[1]);
  EXPECT_EQ(text(stream->peek(100)), "abcdef");
  ::close(ends[0]);
}

TEST(ByteStream, ComplainsOfWhatCannotBeRead) {
  const auto missing = ByteStream::open("/nonexistent/capture.pcap");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().file, "/nonexistent/capture.pcap");
  EXPECT_EQ(missing.error().what, "cannot be opened: No such file or directory");
  const auto folder = ByteStream::open("/");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().what, "cannot be read: Is a directory");
}

}  // namespace
}  // namespace sekimori
