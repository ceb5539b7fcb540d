// The windows of loss in the store, through the store.

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "collector/store/sqlite_store.h"

namespace sekimori {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;

const Timestamp kNow{std::chrono::seconds{1711414800}};

SessionRecord session(std::uint8_t id) {
  SessionRecord record;
  record.id.bytes[0] = id;
  record.type = EventType::end;
  record.start = kNow;
  record.end = kNow + 60s;
  return record;
}

Batch batch(std::uint64_t sequence, std::vector<SessionRecord> records) {
  Batch made;
  made.id = {std::string_view{"edge-1"}, 0xfedcba9876543210U, sequence};
  made.records = std::move(records);
  return made;
}

class Losses : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "losses.XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = folder_ / "store.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<SqliteStore> open() {
    auto store = SqliteStore::open({path_.string(), 0});
    EXPECT_TRUE(store);
    return store ? std::move(*store) : nullptr;
  }

  std::filesystem::path folder_, path_;
};

LossWindow loss(std::chrono::seconds from, std::chrono::seconds until) {
  return {LossKind::kernel, kNow + from, kNow + until, 12, std::string_view{"eth0"}};
}

TEST_F(Losses, ALossMarksStoredSessionsOfItsSensorAlone) {
  const auto store = open();
  Batch other = batch(1, {session(2)});
  other.id.sensor = std::string_view{"edge-2"};
  SessionRecord late = session(3);
  late.start = kNow + 30s;
  ASSERT_TRUE(store->commit_batch(batch(1, {session(1), late}), kNow));
  ASSERT_TRUE(store->commit_batch(other, kNow));
  Batch told = batch(2, {});
  told.losses = {loss(5s, 7s)};
  const auto marked = store->commit_batch(told, kNow);
  ASSERT_TRUE(marked);
  ASSERT_EQ(marked->size(), 1U);
  EXPECT_EQ(marked->front().id.bytes[0], 1);
  std::map<int, bool> stored;
  ASSERT_TRUE(store->sessions_since(kNow, kNow, [&](Timestamp, const SessionRecord& record) {
    stored[record.id.bytes[0]] = record.loss.window.value_or(false);
  }));
  EXPECT_EQ(stored, (std::map<int, bool>{{1, true}, {2, false}, {3, false}}));
}

TEST_F(Losses, KnowsTheLossesOfASensorAfterARestart) {
  auto store = open();
  Batch told = batch(1, {});
  told.losses = {loss(5s, 7s), loss(100s, 101s)};
  ASSERT_TRUE(store->commit_batch(told, kNow));
  ASSERT_TRUE(store->commit_batch(told, kNow));
  store.reset();
  store = open();
  const auto found = store->losses("edge-1", kNow, kNow + 1s);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().kind, LossKind::kernel);
  EXPECT_EQ(found->front().from, kNow + 5s);
  EXPECT_EQ(found->front().until, kNow + 7s);
  EXPECT_EQ(found->front().count, 12U);
  EXPECT_EQ(found->front().interface_name, std::string_view{"eth0"});
  EXPECT_TRUE(store->losses("edge-2", kNow, kNow + 1s)->empty());
  ASSERT_TRUE(store->purge(kNow + 1h));
  EXPECT_TRUE(store->losses("edge-1", kNow, kNow + 1s)->empty());
}

TEST_F(Losses, BringsAStoreOfVersionOneToItsOwn) {
  {
    const auto store = open();
    ASSERT_TRUE(store->commit_batch(batch(7, {session(1)}), kNow));
  }
  sqlite3* older = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &older), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(older, "DROP TABLE losses; PRAGMA user_version=1", nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_close(older);
  const auto store = open();
  EXPECT_EQ(*store->committed("edge-1", 0xfedcba9876543210U), 7U);
  EXPECT_TRUE(store->losses("edge-1", kNow, kNow)->empty());
}

}  // namespace
}  // namespace sekimori
