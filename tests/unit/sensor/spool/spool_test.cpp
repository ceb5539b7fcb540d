#include "sensor/spool/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <numeric>

namespace sekimori {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Timestamp kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 26}};

class SpoolTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "spool.XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(path_); }

  std::unique_ptr<Spool> open(std::uint64_t boot, SpoolLimits limits = {}, Timestamp now = kNow) {
    auto directory = SpoolDirectory::open(path_.string());
    if (!directory) {
      ADD_FAILURE() << directory.error().text();
      return nullptr;
    }
    auto spool = Spool::recover(std::move(*directory), limits, boot, now);
    EXPECT_TRUE(spool);
    return spool ? std::move(*spool) : nullptr;
  }

  // A frame that tells which batch it is.
  static std::vector<std::uint8_t> frame(std::uint64_t sequence, std::size_t size = 100) {
    std::vector<std::uint8_t> bytes(size);
    std::iota(bytes.begin(), bytes.end(), static_cast<std::uint8_t>(sequence));
    return bytes;
  }
  static void append(Spool& spool, std::uint64_t first, std::uint64_t last, std::size_t size = 100,
                     Timestamp now = kNow) {
    for (std::uint64_t at = first; at <= last; ++at) {
      ASSERT_TRUE(spool.append(at, 10, frame(at, size), now)) << at;
    }
  }
  // "boot:sequence" of each that is read, to the end.
  static std::vector<std::string> read_all(Spool& spool) {
    std::vector<std::string> read;
    while (spool.next()) {
      const auto entry = spool.read();
      if (!entry) continue;
      EXPECT_EQ(entry->frame, frame(entry->sequence, entry->frame.size()));
      EXPECT_EQ(entry->records, 10U);
      read.push_back(std::to_string(entry->boot) + ":" + std::to_string(entry->sequence));
    }
    return read;
  }
  std::vector<std::filesystem::path> segments() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator{path_}) {
      if (entry.path().extension() == ".segment") found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  std::filesystem::path path_;
};

TEST_F(SpoolTest, WhatOneSensorLeftTheNextReadsFirst) {
  auto spool = open(7);
  append(*spool, 1, 3);
  spool.reset();
  spool = open(8);
  EXPECT_EQ(spool->counters().recovered, 3U);
  append(*spool, 1, 2);
  EXPECT_EQ(spool->counters().records, 50U);
  EXPECT_THAT(read_all(*spool), ElementsAre("7:1", "7:2", "7:3", "8:1", "8:2"));
  EXPECT_EQ(spool->counters().batches, 0U);
}

TEST_F(SpoolTest, AnAcknowledgedSegmentIsUnlinked) {
  auto spool = open(7);
  append(*spool, 1, 3);
  spool.reset();
  spool = open(8);
  append(*spool, 1, 1);
  read_all(*spool);
  spool->acknowledge(7, 2);
  EXPECT_EQ(segments().size(), 2U);
  spool->acknowledge(7, 3);
  EXPECT_EQ(segments().size(), 1U);
  spool->acknowledge(8, 1);  // is being written to, until the end
  EXPECT_EQ(segments().size(), 1U);
  spool.reset();
  EXPECT_THAT(segments(), IsEmpty());
}

TEST_F(SpoolTest, WhatWasAcknowledgedIsNotReadAgain) {
  auto spool = open(7);
  append(*spool, 1, 5);
  spool->acknowledge(7, 3);
  EXPECT_EQ(spool->next()->sequence, 4U);
  spool.reset();
  spool = open(8);
  EXPECT_THAT(read_all(*spool), ElementsAre("7:4", "7:5"));
}

TEST_F(SpoolTest, OneThatIsHeldInMemoryIsPassedOver) {
  auto spool = open(7);
  append(*spool, 1, 1);
  spool->pass();
  append(*spool, 2, 2);
  EXPECT_THAT(read_all(*spool), ElementsAre("7:2"));
  spool.reset();
  spool = open(8);  // neither was acknowledged
  EXPECT_THAT(read_all(*spool), ElementsAre("7:1", "7:2"));
}

TEST_F(SpoolTest, ATornEndIsCutAtEveryLength) {
  auto spool = open(7);
  append(*spool, 1, 2);
  spool.reset();
  const std::filesystem::path file = segments().at(0);
  const auto saved = path_ / "saved";
  std::filesystem::copy_file(file, saved);
  constexpr std::uint64_t entry = 40 + 100;
  for (std::uint64_t size = 24 + entry; size < 24 + 2 * entry; ++size) {
    std::filesystem::copy_file(saved, file, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(file, size);
    spool = open(8);
    EXPECT_THAT(read_all(*spool), ElementsAre("7:1")) << size;
    EXPECT_EQ(spool->counters().torn_bytes, size - 24 - entry);
    spool.reset();
    EXPECT_EQ(std::filesystem::file_size(file), 24 + entry);
  }
}

TEST_F(SpoolTest, ASegmentWithoutAWholeEntryIsUnlinked) {
  auto spool = open(7);
  append(*spool, 1, 1);
  spool.reset();
  for (const std::uint64_t size : {100U, 24U, 10U, 0U}) {
    const auto file = path_ / "0000000000000009.segment";
    std::filesystem::copy_file(segments().at(0), file);
    std::filesystem::resize_file(file, size);
    spool = open(8);
    EXPECT_THAT(read_all(*spool), ElementsAre("7:1"));
    EXPECT_EQ(segments().size(), 1U) << size;
    spool.reset();
  }
}

TEST_F(SpoolTest, ARottenBatchIsPassedOverAndCounted) {
  auto spool = open(7);
  append(*spool, 1, 3);
  spool.reset();
  {
    std::fstream file{segments().at(0), std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(24 + 140 + 40 + 50);  // in the second frame
    file.put('\xee');
  }
  spool = open(8);
  EXPECT_THAT(read_all(*spool), ElementsAre("7:1", "7:3"));
  EXPECT_EQ(spool->counters().corrupt_batches, 1U);
  const auto losses = spool->take_losses();
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0].records, 10U);
  EXPECT_EQ(losses[0].from, kNow);
}

TEST_F(SpoolTest, BehindARottenHeadNothingCanBeRead) {
  auto spool = open(7);
  append(*spool, 1, 3);
  spool.reset();
  {
    std::fstream file{segments().at(0), std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(24 + 140);  // the second length
    file.put('\x01');
  }
  spool = open(8);
  EXPECT_THAT(read_all(*spool), ElementsAre("7:1"));
  EXPECT_EQ(spool->counters().torn_bytes, 280U);
}

TEST_F(SpoolTest, ASegmentOfANewerVersionIsLeftAlone) {
  const auto file = path_ / "0000000000000005.segment";
  std::ofstream{file, std::ios::binary} << std::string("SKSP\x02", 5) << std::string(100, 'x');
  auto spool = open(7);
  EXPECT_FALSE(spool->next());
  append(*spool, 1, 1);
  EXPECT_EQ(segments().size(), 2U);
  EXPECT_EQ(std::filesystem::file_size(file), 105U);
}

TEST_F(SpoolTest, AtItsSizeTheOldestGoesFirst) {
  SpoolLimits limits;
  limits.size = kSmallestSpool;  // 32 segments of 128 KiB
  auto spool = open(7, limits);
  for (std::uint64_t at = 1; at <= 500; ++at) {
    append(*spool, at, at, 10'000, kNow + at * 1s);
    ASSERT_LE(spool->counters().bytes, limits.size);
  }
  const auto losses = spool->take_losses();
  const SpoolCounters counters = spool->counters();
  EXPECT_GT(counters.lost_batches, 0U);
  EXPECT_EQ(counters.lost_records, counters.lost_batches * 10);
  EXPECT_EQ(losses.front().from, kNow + 1s);
  EXPECT_EQ(losses.back().until, kNow + static_cast<std::int64_t>(counters.lost_batches) * 1s);
  EXPECT_EQ(spool->next()->sequence, counters.lost_batches + 1);
  EXPECT_EQ(read_all(*spool).size(), 500 - counters.lost_batches);
  EXPECT_GT(counters.bytes, limits.size * 9 / 10);
}

TEST_F(SpoolTest, WhatIsReadAlreadyIsNotLost) {
  SpoolLimits limits;
  limits.size = kSmallestSpool;
  auto spool = open(7, limits);
  append(*spool, 1, 5, 10'000);
  EXPECT_EQ(read_all(*spool).size(), 5U);
  append(*spool, 6, 600, 10'000);
  EXPECT_EQ(spool->next()->sequence, spool->counters().lost_batches + 6);
}

TEST_F(SpoolTest, WhoCanWaitIsToldThatThereIsNoRoom) {
  SpoolLimits limits;
  limits.size = kSmallestSpool;
  limits.when_full = WhenSpoolFull::refuse;
  auto spool = open(7, limits);
  std::uint64_t taken = 0;
  while (spool->has_room()) append(*spool, taken + 1, taken + 1, 10'000), ++taken;
  EXPECT_FALSE(spool->append(taken + 1, 10, frame(1), kNow));
  EXPECT_EQ(spool->counters().lost_batches, 0U);
  EXPECT_EQ(read_all(*spool).size(), taken);
  spool->acknowledge(7, taken);
  EXPECT_TRUE(spool->has_room());
}

TEST_F(SpoolTest, WhatIsTooOldGoes) {
  SpoolLimits limits;
  limits.age = 1h;
  auto spool = open(7, limits);
  append(*spool, 1, 2);
  spool.reset();
  spool = open(8, limits, kNow + 1h);
  append(*spool, 1, 1, 100, kNow + 1h);
  spool->turn(kNow + 1h);
  EXPECT_EQ(spool->counters().lost_batches, 0U);
  spool.reset();
  spool = open(9, limits, kNow + 1h + 1s);
  spool->turn(kNow + 1h + 1s);
  EXPECT_EQ(spool->counters().lost_batches, 0U);  // turned a moment ago: it is not time yet
  ::usleep(1'100'000);
  spool->turn(kNow + 1h + 1s);
  EXPECT_EQ(spool->counters().lost_batches, 2U);
  EXPECT_THAT(read_all(*spool), ElementsAre("8:1"));
}

TEST_F(SpoolTest, KnowsWhenTheLastSensorLived) {
  auto spool = open(7);
  EXPECT_FALSE(spool->last_alive());
  spool.reset();
  spool = open(8, {}, kNow + 60s);
  EXPECT_EQ(spool->last_alive(), kNow);
}

TEST_F(SpoolTest, SyncsInGroups) {
  auto spool = open(7);
  append(*spool, 1, 100, 1000);
  EXPECT_EQ(spool->counters().syncs, 0U);
  append(*spool, 101, 101, Spool::kSyncBytes);
  EXPECT_EQ(spool->counters().syncs, 1U);
  append(*spool, 102, 102);
  EXPECT_LE(spool->patience(), Spool::kSyncInterval);
  ::usleep(110'000);
  spool->turn(kNow);
  EXPECT_EQ(spool->counters().syncs, 2U);
}

TEST_F(SpoolTest, OneSensorAtATime) {
  const auto spool = open(7);
  const auto second = SpoolDirectory::open(path_.string());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().text(), testing::HasSubstr("another sensor uses it"));
}

TEST_F(SpoolTest, AFolderThatOthersMayWriteIntoIsRefused) {
  std::filesystem::permissions(path_, std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  const auto directory = SpoolDirectory::open(path_.string());
  ASSERT_FALSE(directory);
  EXPECT_THAT(directory.error().text(), testing::HasSubstr("chmod 0700"));
  EXPECT_FALSE(SpoolDirectory::open("/nowhere/at/all"));
}

}  // namespace
}  // namespace sekimori
