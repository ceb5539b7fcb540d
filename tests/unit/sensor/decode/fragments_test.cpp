#include "sensor/decode/fragments.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sekimori {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Timestamp kStart{seconds{1000}};

IpHeader fragment(std::string_view source, std::uint32_t id, std::uint32_t offset, Bytes bytes,
                  bool more) {
  IpHeader ip;
  ip.source = *IpAddress::parse(source);
  ip.destination = *IpAddress::parse(ip.source.is_v4() ? "198.51.100.2" : "2001:db8::2");
  ip.protocol = IpProtocol::udp;
  ip.ttl = static_cast<std::uint8_t>(64 - offset / 8);
  ip.identification = id;
  ip.payload = bytes;
  ip.payload_length = static_cast<std::uint32_t>(bytes.size());
  ip.length = ip.payload_length + (ip.source.is_v4() ? 20 : 48);
  ip.fragment_offset = offset;
  ip.more_fragments = more;
  ip.is_fragment = true;
  return ip;
}

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string text_of(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

constexpr std::string_view kV4 = "192.0.2.1";
constexpr std::string_view kV6 = "2001:db8::1";
constexpr std::string_view kBoth[] = {kV4, kV6};

// One packet of one identification.
class Sender {
 public:
  explicit Sender(std::string_view source, std::uint32_t id = 7) : source_{source}, id_{id} {}
  IpHeader more(std::uint32_t offset, std::string_view text) const {
    return fragment(source_, id_, offset, bytes_of(text), true);
  }
  IpHeader last(std::uint32_t offset, std::string_view text) const {
    return fragment(source_, id_, offset, bytes_of(text), false);
  }

 private:
  std::string_view source_;
  std::uint32_t id_;
};

// Whatever happens, no fragment is lost sight of.
void expect_sums(const Fragments& fragments) {
  const FragmentCounters& counters = fragments.counters();
  EXPECT_EQ(counters.taken,
            counters.joined + counters.repeated + counters.lost() + fragments.waiting());
}

TEST(Fragments, JoinInAnyOrder) {
  for (const std::string_view source : kBoth) {
    const Sender sender{source};
    std::vector<IpHeader> pieces{sender.more(0, "abcdefgh"), sender.more(8, "ijklmnopqrstuvwx"),
                                 sender.last(24, "yz")};
    std::vector<std::size_t> order{0, 1, 2};
    do {
      SCOPED_TRACE(std::string{source} + " " + std::to_string(order[0]) + std::to_string(order[1]));
      Fragments fragments{0};
      EXPECT_FALSE(fragments.take(pieces[order[0]], kStart));
      EXPECT_FALSE(fragments.take(pieces[order[1]], kStart));
      EXPECT_EQ(fragments.waiting(), 2U);
      const auto whole = fragments.take(pieces[order[2]], kStart);
      ASSERT_TRUE(whole);
      EXPECT_EQ(text_of(whole->payload), "abcdefghijklmnopqrstuvwxyz");
      EXPECT_EQ(whole->payload_length, 26U);
      EXPECT_EQ(whole->length, 26U + 3U * (whole->source.is_v4() ? 20 : 48));
      EXPECT_EQ(whole->fragments, 3U);
      EXPECT_EQ(whole->ttl, 64) << "of the first fragment";
      EXPECT_EQ(whole->source, pieces[0].source);
      EXPECT_EQ(whole->destination, pieces[0].destination);
      EXPECT_FALSE(whole->is_fragment);
      EXPECT_EQ(fragments.counters().joined, 3U);
      EXPECT_EQ(fragments.counters().packets, 1U);
      EXPECT_EQ(fragments.waiting(), 0U);
      expect_sums(fragments);
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST(Fragments, TheLongestPacketOfTheShortestFragments) {
  std::string text(65535, ' ');
  for (std::size_t at = 0; at < text.size(); ++at) text[at] = static_cast<char>(at * 7 / 5);
  for (const std::string_view source : kBoth) {
    const Sender sender{source};
    Fragments fragments{0};
    for (std::uint32_t at = 65528; at > 0; at -= 8) {
      const std::string_view piece = std::string_view{text}.substr(at, 8);
      ASSERT_FALSE(
          fragments.take(at == 65528 ? sender.last(at, piece) : sender.more(at, piece), kStart));
    }
    const auto whole = fragments.take(sender.more(0, text.substr(0, 8)), kStart);
    ASSERT_TRUE(whole);
    EXPECT_EQ(text_of(whole->payload), text);
    EXPECT_EQ(whole->fragments, 8192U);
  }
}

TEST(Fragments, OfIpv4TheByteThatCameFirstStays) {
  const Sender sender{kV4};
  Fragments fragments{0};
  // RFC 1858, section 3: the header's flags lie in the second unit, which is sent again.
  EXPECT_FALSE(fragments.take(sender.more(0, "AAAAAAAABBBBBBBB"), kStart));
  EXPECT_FALSE(fragments.take(sender.more(8, "xxxxxxxxCCCCCCCC"), kStart));
  const auto whole = fragments.take(sender.last(24, "D"), kStart);
  ASSERT_TRUE(whole);
  EXPECT_EQ(text_of(whole->payload), "AAAAAAAABBBBBBBBCCCCCCCCD");
  EXPECT_EQ(fragments.counters().contested, 1U);
  expect_sums(fragments);
}

TEST(Fragments, OfIpv4ALaterFirstFragmentChangesNothing) {
  const Sender sender{kV4};
  Fragments fragments{0};
  EXPECT_FALSE(fragments.take(sender.more(0, "AAAAAAAA"), kStart));
  IpHeader other = sender.more(0, "xxxxxxxxBBBBBBBB");
  other.ttl = 1;
  EXPECT_FALSE(fragments.take(other, kStart));
  const auto whole = fragments.take(sender.last(16, "C"), kStart);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->ttl, 64);
  EXPECT_EQ(text_of(whole->payload), "AAAAAAAABBBBBBBBC");
}

TEST(Fragments, AnIpv6PacketWithOverlappingFragmentsIsGivenUp) {
  const Sender sender{kV6};
  const std::vector<IpHeader> overlapping[] = {
      {sender.more(0, "AAAAAAAABBBBBBBB"), sender.more(8, "BBBBBBBBCCCCCCCC")},
      {sender.more(0, "AAAAAAAA"), sender.more(0, "aAAAAAAA")},
      {sender.more(0, "AAAAAAAABBBBBBBB"), sender.last(8, "BBBBBBBB")},
  };
  for (const auto& pieces : overlapping) {
    Fragments fragments{0};
    EXPECT_FALSE(fragments.take(pieces[0], kStart));
    EXPECT_FALSE(fragments.take(pieces[1], kStart));
    EXPECT_EQ(fragments.counters().overlapping, 2U);
    EXPECT_EQ(fragments.waiting(), 0U);
    // Sent anew it is a packet like any.
    EXPECT_FALSE(fragments.take(sender.more(0, "AAAAAAAA"), kStart));
    EXPECT_TRUE(fragments.take(sender.last(8, "B"), kStart));
    expect_sums(fragments);
  }
}

TEST(Fragments, ARepetitionIsNoOverlap) {
  for (const std::string_view source : kBoth) {
    SCOPED_TRACE(source);
    const Sender sender{source};
    Fragments fragments{0};
    EXPECT_FALSE(fragments.take(sender.last(8, "BB"), kStart));
    EXPECT_FALSE(fragments.take(sender.last(8, "BB"), kStart));
    const auto whole = fragments.take(sender.more(0, "AAAAAAAA"), kStart);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->fragments, 2U);
    EXPECT_FALSE(fragments.take(sender.more(0, "AAAAAAAA"), kStart));
    EXPECT_EQ(fragments.counters().repeated, 2U);
    EXPECT_EQ(fragments.counters().contested, 0U);
    EXPECT_EQ(fragments.waiting(), 0U);
    expect_sums(fragments);
  }
}

TEST(Fragments, LaterThanAMirrorDoublesTheSameIdentificationIsAnotherPacket) {
  const Sender sender{kV4};
  Fragments fragments{0};
  EXPECT_FALSE(fragments.take(sender.more(0, "AAAAAAAA"), kStart));
  EXPECT_TRUE(fragments.take(sender.last(8, "B"), kStart));
  const Timestamp later = kStart + Fragments::kDoubledWithin + std::chrono::nanoseconds{1};
  EXPECT_FALSE(fragments.take(sender.more(0, "CCCCCCCC"), later));
  const auto whole = fragments.take(sender.last(8, "D"), later);
  ASSERT_TRUE(whole);
  EXPECT_EQ(text_of(whole->payload), "CCCCCCCCD");
  expect_sums(fragments);
}

TEST(Fragments, APacketHasOneEnd) {
  for (const std::string_view source : kBoth) {
    const Sender sender{source};
    const std::vector<IpHeader> disagreeing[] = {
        {sender.last(16, "C"), sender.last(24, "D")},
        {sender.last(16, "C"), sender.more(16, "CCCCCCCC")},
        {sender.last(16, "C"), sender.more(24, "CCCCCCCC")},
        {sender.more(16, "CCCCCCCC"), sender.last(8, "B")},
    };
    for (const auto& pieces : disagreeing) {
      Fragments fragments{0};
      EXPECT_FALSE(fragments.take(pieces[0], kStart));
      EXPECT_FALSE(fragments.take(pieces[1], kStart));
      EXPECT_EQ(fragments.counters().overlapping, 2U);
      expect_sums(fragments);
    }
  }
}

TEST(Fragments, OnlyWhatALengthFieldCanSayIsTaken) {
  Fragments fragments{0};
  const std::string text(8, 'x');
  EXPECT_FALSE(fragments.take(Sender{kV4}.last(65528, text), kStart));
  EXPECT_EQ(fragments.counters().too_large, 1U);
  EXPECT_FALSE(fragments.take(Sender{kV4}.last(65528, text.substr(1)), kStart));
  EXPECT_EQ(fragments.waiting(), 1U);
  IpHeader uncut = Sender{kV6}.more(8, text);
  uncut.payload_length = 0xffffffff;
  EXPECT_FALSE(fragments.take(uncut, kStart));
  EXPECT_EQ(fragments.counters().too_large, 2U);
  expect_sums(fragments);
}

TEST(Fragments, OnlyWhatBelongsTogetherIsJoined) {
  IpHeader other_end = Sender{kV4}.last(8, "B");
  other_end.destination = *IpAddress::parse("198.51.100.3");
  IpHeader other_protocol = Sender{kV4}.last(8, "B");
  other_protocol.protocol = IpProtocol::tcp;
  const IpHeader others[] = {Sender{"192.0.2.9"}.last(8, "B"), Sender{kV4, 8}.last(8, "B"),
                             Sender{kV4, 7U << 16U}.last(8, "B"), other_end, other_protocol};
  Fragments fragments{0};
  EXPECT_FALSE(fragments.take(Sender{kV4}.more(0, "AAAAAAAA"), kStart));
  for (const IpHeader& other : others) EXPECT_FALSE(fragments.take(other, kStart));
  EXPECT_EQ(fragments.waiting(), 1 + std::size(others));
}

TEST(Fragments, OfIpv6TheFirstFragmentNamesWhatFollows) {
  IpHeader last = Sender{kV6}.last(8, "B");
  last.protocol = IpProtocol::tcp;
  Fragments fragments{0};
  EXPECT_FALSE(fragments.take(last, kStart));
  const auto whole = fragments.take(Sender{kV6}.more(0, "AAAAAAAA"), kStart);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->protocol, IpProtocol::udp);
}

TEST(Fragments, TheCaptureMayCutThem) {
  struct Case {
    std::uint32_t first;  // bytes captured, of 16
    std::uint32_t last;   // of 4
    std::string_view readable;
  };
  for (const Case& row : {Case{16, 4, "AAAAAAAABBBBBBBBCCCC"}, Case{16, 1, "AAAAAAAABBBBBBBBC"},
                          Case{9, 4, "AAAAAAAAB"}, Case{0, 0, ""}}) {
    for (const std::string_view source : kBoth) {
      SCOPED_TRACE(row.readable);
      IpHeader first = Sender{source}.more(0, "AAAAAAAABBBBBBBB");
      first.payload = first.payload.first(row.first);
      IpHeader last = Sender{source}.last(16, "CCCC");
      last.payload = last.payload.first(row.last);
      Fragments fragments{0};
      EXPECT_FALSE(fragments.take(last, kStart));
      EXPECT_FALSE(fragments.take(last, kStart)) << "a repetition";
      const auto whole = fragments.take(first, kStart);
      ASSERT_TRUE(whole);
      EXPECT_EQ(text_of(whole->payload), row.readable);
      EXPECT_EQ(whole->payload_length, 20U);
      EXPECT_EQ(whole->fragments, 2U);
    }
  }
}

TEST(Fragments, WaitForAWhile) {
  const Sender sender{kV4};
  const Timestamp late = kStart + Fragments::kPatience;
  Fragments fragments{0};
  EXPECT_FALSE(fragments.take(sender.more(0, "AAAAAAAA"), kStart));
  fragments.expire(late);
  EXPECT_TRUE(fragments.take(sender.last(8, "B"), late));

  EXPECT_FALSE(fragments.take(sender.more(0, "AAAAAAAA"), kStart + seconds{100}));
  const Timestamp too_late = kStart + seconds{100} + Fragments::kPatience + milliseconds{1};
  EXPECT_FALSE(fragments.take(sender.last(8, "B"), too_late));
  EXPECT_EQ(fragments.counters().timed_out, 1U);
  EXPECT_EQ(fragments.waiting(), 1U);
  fragments.expire(too_late + Fragments::kPatience + milliseconds{1});
  EXPECT_EQ(fragments.counters().timed_out, 2U);
  EXPECT_EQ(fragments.waiting(), 0U);
  expect_sums(fragments);
}

TEST(Fragments, ADamagedTimeStampHarmsNothingElse) {
  Fragments fragments{0};
  EXPECT_FALSE(fragments.take(Sender{kV4, 1}.more(0, "AAAAAAAA"), Timestamp::max()));
  EXPECT_FALSE(fragments.take(Sender{kV4, 2}.more(0, "AAAAAAAA"), Timestamp::min()));
  EXPECT_FALSE(fragments.take(Sender{kV4, 3}.more(0, "AAAAAAAA"), kStart));
  EXPECT_FALSE(fragments.take(Sender{kV4, 2}.last(8, "B"), Timestamp::max()));
  fragments.expire(kStart);
  EXPECT_EQ(fragments.counters().timed_out, 2U) << "the others are behind one that is not due";
  EXPECT_TRUE(fragments.take(Sender{kV4, 3}.last(8, "B"), kStart));
  expect_sums(fragments);
}

TEST(Fragments, WhenTooManyPacketsWaitTheOldestGoes) {
  Fragments fragments{0};
  for (std::uint32_t id = 0; id <= Fragments::kPackets; ++id) {
    EXPECT_FALSE(fragments.take(Sender{kV6, id}.more(0, "AAAAAAAA"), kStart));
  }
  EXPECT_EQ(fragments.counters().evicted, 1U);
  EXPECT_EQ(fragments.waiting(), Fragments::kPackets);
  EXPECT_TRUE(fragments.take(Sender{kV6, 1}.last(8, "B"), kStart));
  // What is whole goes before what waits.
  EXPECT_FALSE(fragments.take(Sender{kV6, 0}.last(8, "B"), kStart));
  EXPECT_EQ(fragments.counters().evicted, 1U);
  EXPECT_TRUE(fragments.take(Sender{kV6, 2}.last(8, "B"), kStart));
  expect_sums(fragments);
}

TEST(Fragments, WhenTooManyBytesWaitTheOldestGoes) {
  const std::string text(65528, 'x');
  const std::uint32_t packets = Fragments::kBlocks / 64;
  Fragments fragments{0};
  for (std::uint32_t id = 0; id < packets; ++id) {
    EXPECT_FALSE(fragments.take(Sender{kV4, id}.more(0, text), kStart));
  }
  EXPECT_EQ(fragments.counters().evicted, 0U);
  // The oldest itself needs room: then the next one goes.
  EXPECT_FALSE(fragments.take(Sender{kV4, packets}.more(0, "AAAAAAAA"), kStart));
  EXPECT_EQ(fragments.counters().evicted, 1U);
  for (std::uint32_t id = 1; id < packets; ++id) {
    EXPECT_TRUE(fragments.take(Sender{kV4, id}.last(65528, "Z"), kStart)) << id;
  }
  EXPECT_TRUE(fragments.take(Sender{kV4, packets}.last(8, "B"), kStart));
  EXPECT_EQ(fragments.waiting(), 0U);
  expect_sums(fragments);
}

TEST(Fragments, ThePacketThatNeedsRoomIsNotTheOneThatGoes) {
  const std::string text(65528, 'x');
  Fragments fragments{0};
  for (std::uint32_t id = 0; id < Fragments::kBlocks / 64; ++id) {
    EXPECT_FALSE(
        fragments.take(Sender{kV4, id}.more(0, text.substr(0, id == 0 ? 8 : 65528)), kStart));
  }
  EXPECT_FALSE(fragments.take(Sender{kV4, 500}.more(0, "AAAAAAAA"), kStart));
  EXPECT_EQ(fragments.counters().evicted, 0U);
  const auto whole = fragments.take(Sender{kV4, 0}.last(8, text.substr(8)), kStart);
  ASSERT_TRUE(whole);
  EXPECT_EQ(text_of(whole->payload), text);
  EXPECT_EQ(fragments.counters().evicted, 1U);
  EXPECT_FALSE(fragments.take(Sender{kV4, 1}.last(65528, "Z"), kStart));
  expect_sums(fragments);
}

TEST(Fragments, WholePacketsStayReadableForAFrame) {
  Fragments fragments{0};
  std::vector<IpHeader> wholes;
  for (std::uint32_t id = 0; id < Fragments::kWholes; ++id) {
    const std::string text(8, static_cast<char>('a' + id));
    EXPECT_FALSE(fragments.take(Sender{kV4, id}.more(0, text), kStart));
    wholes.push_back(*fragments.take(Sender{kV4, id}.last(8, text), kStart));
  }
  for (std::uint32_t id = 0; id < Fragments::kWholes; ++id) {
    EXPECT_EQ(text_of(wholes[id].payload), std::string(16, static_cast<char>('a' + id)));
  }
}

}  // namespace
}  // namespace sekimori
