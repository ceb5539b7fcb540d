#include "sensor/capture/file_source.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using Octets = std::vector<std::uint8_t>;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

void append(Octets& bytes, const Octets& more) {
  std::copy(more.begin(), more.end(), std::back_inserter(bytes));
}

Octets joined(const std::vector<Octets>& parts) {
  Octets bytes;
  for (const Octets& part : parts) append(bytes, part);
  return bytes;
}

// pcap, little-endian: Ethernet, then frames of "ab" of 60 bytes at 1 s and 2 us, and "c" at 2 s.
const Octets kPcapHeader{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0,
                         0,    0,    0,    0,    0, 0, 4, 0, 1, 0, 0, 0};
const Octets kFirst{1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 60, 0, 0, 0, 'a', 'b'};
const Octets kSecond{2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 'c'};

// pcapng blocks in the same order of bytes.
const Octets kSection{0x0a, 0x0d, 0x0d, 0x0a, 28,   0,    0,    0,    0x4d, 0x3c, 0x2b, 0x1a, 1, 0,
                      0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28,   0,    0, 0};
const Octets kEthernet{1, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0};
const Octets kRawNanoseconds{1, 0, 0, 0, 28, 0, 0, 0, 101, 0, 0,  0, 1, 0,
                             0, 0, 9, 0, 1,  0, 9, 0, 0,   0, 28, 0, 0, 0};
const Octets kUnreadLink{1, 0, 0, 0, 20, 0, 0, 0, 147, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0};
const Octets kComment{0xad, 0x0b, 0, 0, 16, 0, 0, 0, 'h', 'i', 0, 0, 16, 0, 0, 0};
const Octets kSimple{3, 0, 0, 0, 20, 0, 0, 0, 4, 0, 0, 0, 'a', 'b', 'c', 'd', 20, 0, 0, 0};

// One byte on `interface`, `ticks` after 1970.
Octets enhanced(std::uint8_t interface, std::uint8_t ticks) {
  return {6, 0, 0, 0, 36, 0, 0, 0, interface, 0, 0,   0, 0, 0, 0,  0, ticks, 0,
          0, 0, 1, 0, 0,  0, 1, 0, 0,         0, 'x', 0, 0, 0, 36, 0, 0,     0};
}

struct Seen {
  std::string bytes;
  std::uint32_t wire_length;
  Timestamp time;
  LinkType link;

  friend bool operator==(const Seen&, const Seen&) = default;
};

struct Outcome {
  std::vector<Seen> frames;
  Next last = Next::frame;
  std::string complaint;
};

Outcome read_all(const Octets& file) {
  Outcome outcome;
  auto source = FileSource::over(file, "a.pcap");
  if (!source) {
    outcome.last = Next::failed;
    outcome.complaint = source.error().text();
    return outcome;
  }
  PacketView frame;
  while ((outcome.last = (*source)->next(frame)) == Next::frame) {
    outcome.frames.push_back(
        {{frame.bytes.begin(), frame.bytes.end()}, frame.wire_length, frame.time, frame.link});
  }
  EXPECT_EQ((*source)->next(frame), outcome.last) << "the last answer is final";
  outcome.complaint = (*source)->complaint().text();
  return outcome;
}

Timestamp at(nanoseconds since_1970) {
  return Timestamp{since_1970};
}

TEST(FileSource, YieldsTheFramesOfAPcap) {
  const Outcome outcome = read_all(joined({kPcapHeader, kFirst, kSecond}));
  EXPECT_EQ(outcome.last, Next::end);
  const std::vector<Seen> expected{{"ab", 60, at(microseconds{1'000'002}), LinkType::ethernet},
                                   {"c", 1, at(microseconds{2'000'000}), LinkType::ethernet}};
  EXPECT_EQ(outcome.frames, expected);
}

TEST(FileSource, YieldsTheFramesOfAPcapng) {
  const Outcome outcome =
      read_all(joined({kSection, kComment, kEthernet, kRawNanoseconds, enhanced(0, 5), kComment,
                       enhanced(1, 7), kSimple, kSection, kRawNanoseconds, kSimple}));
  EXPECT_EQ(outcome.last, Next::end);
  const std::vector<Seen> expected{
      {"x", 1, at(microseconds{5}), LinkType::ethernet},
      {"x", 1, at(nanoseconds{7}), LinkType::raw_ip},
      // No time of its own, so that of the frame before it.
      {"abcd", 4, at(nanoseconds{7}), LinkType::ethernet},
      // In the next section interface 0 is another, with a snaplen of 1.
      {"a", 4, at(nanoseconds{7}), LinkType::raw_ip},
  };
  EXPECT_EQ(outcome.frames, expected);
}

TEST(FileSource, ACaptureWithoutFramesEnds) {
  EXPECT_EQ(read_all(kPcapHeader).last, Next::end);
  EXPECT_EQ(read_all(joined({kSection, kUnreadLink})).last, Next::end);
}

TEST(FileSource, FramesOfUnreadLinksAreYieldedBesideOthers) {
  const Outcome outcome =
      read_all(joined({kSection, kUnreadLink, kEthernet, enhanced(0, 1), enhanced(1, 2)}));
  EXPECT_EQ(outcome.last, Next::end);
  ASSERT_EQ(outcome.frames.size(), 2U);
  EXPECT_EQ(outcome.frames[0].link, LinkType{147});
}

// Wherever the file ends, each whole frame before it comes, and then one complaint.
TEST(FileSource, AFileCutAnywhereYieldsWhatCameBefore) {
  const Octets pcap = joined({kPcapHeader, kFirst, kSecond});
  for (std::size_t size = kPcapHeader.size() + 1; size < pcap.size(); ++size) {
    SCOPED_TRACE(size);
    const Outcome outcome = read_all({pcap.begin(), pcap.begin() + static_cast<long>(size)});
    const bool has_first = size >= kPcapHeader.size() + kFirst.size();
    EXPECT_EQ(outcome.frames.size(), has_first ? 1U : 0U);
    if (size == kPcapHeader.size() + kFirst.size()) {
      EXPECT_EQ(outcome.last, Next::end);
      continue;
    }
    EXPECT_EQ(outcome.complaint, "a.pcap: ends in the middle of packet " +
                                     std::string{has_first ? "2" : "1"} + " at byte " +
                                     std::to_string(size) + " (the frames before it were read)");
  }
  const Octets pcapng = joined({kSection, kEthernet, enhanced(0, 5), enhanced(0, 6)});
  for (std::size_t size = kSection.size() + 1; size < pcapng.size(); ++size) {
    SCOPED_TRACE(size);
    const Outcome outcome = read_all({pcapng.begin(), pcapng.begin() + static_cast<long>(size)});
    EXPECT_EQ(outcome.frames.size(), size < 84 ? 0U : 1U);
    const bool is_between_blocks = size == 48 || size == 84;
    EXPECT_EQ(outcome.last, is_between_blocks ? Next::end : Next::failed);
  }
}

TEST(FileSource, SaysWhatIsWrongAndWhere) {
  Octets damaged = joined({kPcapHeader, kFirst, kSecond});
  damaged[kPcapHeader.size() + kFirst.size() + 11] = 0xff;  // the second frame's length
  Octets wifi = kPcapHeader;
  wifi[20] = 147;
  Octets version_3 = kPcapHeader;
  version_3[4] = 3;
  Octets bad_block = joined({kSection, kEthernet, enhanced(0, 5)});
  bad_block[52] = 11;
  Octets wide_block = bad_block;
  wide_block[52] = 36;
  wide_block[54] = 0xff;
  Octets wide_packet = wide_block;
  wide_packet[54] = 0;
  wide_packet[68] = 5;
  struct Case {
    std::string_view what;
    Octets file;
    std::string_view complaint;
    std::size_t frames;
  };
  const Case cases[] = {
      {"nothing", {}, "is empty", 0},
      {"text", {'f', 'r', 'o', 'm', ' ', 't', 'o', '\n'}, "is neither pcap nor pcapng", 0},
      {"zstd", {0x28, 0xb5, 0x2f, 0xfd, 0}, "decompress it first, with 'zstd -d'", 0},
      {"half a header",
       {0xd4, 0xc3, 0xb2, 0xa1, 2},
       "in the middle of its file header at byte 5",
       0},
      {"a version to come", version_3, "of a version other than 2", 0},
      {"a link not read", wifi, "of link type 147, which is not read", 0},
      {"a length not to be believed", damaged,
       "packet 2 at byte 42 claims 4278190081 bytes, more than the 262144", 1},
      {"only frames of a link not read", joined({kSection, kUnreadLink, enhanced(0, 1)}),
       "the last of type 147", 1},
      {"a block of 11 bytes", bad_block, "the block at byte 48 has a length that cannot be true",
       0},
      {"a block of megabytes", wide_block, "the block at byte 48 claims 16711716 bytes", 0},
      {"a packet past its block", wide_packet, "packet 1 at byte 48 has a length", 0},
      {"no such interface", joined({kSection, kEthernet, enhanced(1, 5)}),
       "packet 1 at byte 48 is of interface 1, which the file does not describe", 0},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const Outcome outcome = read_all(row.file);
    EXPECT_EQ(outcome.last, Next::failed);
    EXPECT_EQ(outcome.frames.size(), row.frames);
    EXPECT_NE(outcome.complaint.find(row.complaint), std::string::npos) << outcome.complaint;
  }
}

TEST(FileSource, ProgressEndsAtTheFilesLength) {
  const Octets file = joined({kPcapHeader, kFirst, kSecond});
  auto source = FileSource::over(file, "a.pcap");
  ASSERT_TRUE(source);
  PacketView frame;
  EXPECT_EQ((*source)->progress().done, 24U);
  while ((*source)->next(frame) == Next::frame) continue;
  EXPECT_EQ((*source)->progress().done, file.size());
  EXPECT_EQ((*source)->progress().total, file.size());
}

}  // namespace
}  // namespace sekimori
