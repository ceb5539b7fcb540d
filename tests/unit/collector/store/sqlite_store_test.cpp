#include "collector/store/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "collector/receive/claim_writer.h"

namespace sekimori {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Timestamp kNow{std::chrono::seconds{1711414800}};

SessionRecord session(std::uint8_t id, EventType type = EventType::end) {
  SessionRecord record;
  record.id.bytes[0] = id;
  record.type = type;
  record.start = kNow;
  record.end = kNow + (type == EventType::end ? 60s : 1s);
  record.protocol = 6;
  record.client.ip = *IpAddress::parse("2001:db8::1");
  record.client.port = 50000;
  record.server.ip = *IpAddress::parse("2001:db8::2");
  record.server.port = 443;
  record.tls.ja4 = std::string_view{"t13d1516h2_8daaf6152771_02713d6af862"};
  return record;
}

Batch batch(std::uint64_t sequence, std::vector<SessionRecord> records) {
  Batch made;
  made.id = {std::string_view{"edge-1"}, 0xfedcba9876543210U, sequence};
  made.counters = {{std::string_view{"frames"}, sequence * 100}};
  made.records = std::move(records);
  return made;
}

Claim claim(std::string id, Timestamp time = kNow, std::string account = "a") {
  Claim said;
  said.id = std::move(id);
  said.time = time;
  said.received = time;
  said.account = std::move(account);
  said.country = *CountryCode::parse("JP");
  said.ip = *IpAddress::parse("192.0.2.1");
  return said;
}

VerdictLine verdict(const Claim& said, std::string json, Mismatch mismatch = Mismatch::fits) {
  VerdictLine line;
  line.verdict.claim = said;
  line.verdict.outcome = JoinOutcome::matched;
  line.verdict.mismatch = mismatch;
  line.json = std::move(json);
  return line;
}

class Store : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path{testing::TempDir()} /
              ("sekimori_store_" + std::to_string(::getpid()) + "_" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    path_ = (folder_ / "store.db").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<SqliteStore> open(std::uint64_t size_limit = 0) {
    auto store = SqliteStore::open({path_, size_limit});
    EXPECT_TRUE(store) << store.error().text();
    return store ? std::move(*store) : nullptr;
  }
  std::string refusal() {
    const auto store = SqliteStore::open({path_, 0});
    return store ? "opened" : store.error().text();
  }

  std::filesystem::path folder_;
  std::string path_;
};

std::vector<SessionRecord> sessions_of(SqliteStore& store, Timestamp since = Timestamp::min()) {
  std::vector<SessionRecord> found;
  const auto done =
      store.sessions_since(since, since, [&](Timestamp arrival, const SessionRecord& record) {
        EXPECT_GE(arrival, since);
        found.push_back(record);
      });
  EXPECT_TRUE(done) << done.error().text();
  return found;
}

std::vector<std::string> open_claims_of(SqliteStore& store, Timestamp since) {
  std::vector<std::string> found;
  const auto done = store.open_claims_since(
      since, [&](const Claim& said) { found.push_back(write_claim_json(said)); });
  EXPECT_TRUE(done) << done.error().text();
  return found;
}

std::vector<std::string> lines_of(SqliteStore& store, const VerdictQuery& query = {}) {
  const auto lines = store.verdicts(query);
  EXPECT_TRUE(lines) << lines.error().text();
  return lines ? *lines : std::vector<std::string>{};
}

TEST_F(Store, KeepsABatchAndItsSequenceOverARestart) {
  {
    const auto store = open();
    EXPECT_EQ(store->committed("edge-1", 0xfedcba9876543210U), 0U);
    ASSERT_TRUE(store->commit_batch(batch(7, {session(1), session(2)}), kNow));
  }
  const auto store = open();
  EXPECT_EQ(store->committed("edge-1", 0xfedcba9876543210U), 7U);
  EXPECT_EQ(store->committed("edge-1", 1), 0U);
  EXPECT_EQ(store->committed("edge-2", 0xfedcba9876543210U), 0U);
  const auto found = sessions_of(*store);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].id, session(1).id);
  EXPECT_EQ(found[0].client.ip, session(1).client.ip);
  EXPECT_EQ(found[0].tls.ja4, session(1).tls.ja4);
  EXPECT_EQ(found[0].end, session(1).end);
}

TEST_F(Store, LetsTheEndReplaceItsStartAndNothingElse) {
  const auto store = open();
  ASSERT_TRUE(store->commit_batch(batch(1, {session(1, EventType::start)}), kNow));
  ASSERT_TRUE(store->commit_batch(batch(2, {session(1)}), kNow + 1s));
  ASSERT_TRUE(store->commit_batch(batch(3, {session(1, EventType::start), session(1)}), kNow + 2s));
  const auto found = sessions_of(*store);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].type, EventType::end);
  EXPECT_EQ(sessions_of(*store, kNow + 1s).size(), 1U);
  EXPECT_THAT(sessions_of(*store, kNow + 2s), IsEmpty());  // the repetition changed nothing
}

TEST_F(Store, RemembersOpenSessionsLongerThanEndedOnes) {
  const auto store = open();
  ASSERT_TRUE(store->commit_batch(batch(1, {session(1), session(2, EventType::start)}), kNow));
  ASSERT_TRUE(store->commit_batch(batch(2, {session(3)}), kNow + 1h));
  std::vector<int> found;
  ASSERT_TRUE(store->sessions_since(kNow + 1h, kNow, [&](Timestamp, const SessionRecord& record) {
    found.push_back(record.id.bytes[0]);
  }));
  EXPECT_THAT(found, ElementsAre(2, 3));
}

TEST_F(Store, NeverLetsTheSequenceFall) {
  const auto store = open();
  ASSERT_TRUE(store->commit_batch(batch(7, {}), kNow));
  ASSERT_TRUE(store->commit_batch(batch(3, {}), kNow));
  EXPECT_EQ(store->committed("edge-1", 0xfedcba9876543210U), 7U);
}

TEST_F(Store, KeepsAClaimOnceAndWhole) {
  const auto store = open();
  Claim whole = claim("c", kNow);
  whole.port = 50000;
  whole.travel = Travel{*CountryCode::parse("VN"), kNow + 24h};
  whole.links.email = "e";
  EXPECT_EQ(store->put_claims({whole, claim("d")}, kNow)->size(), 2U);
  const auto fresh = store->put_claims({claim("c", kNow, "other"), claim("e")}, kNow + 1s);
  ASSERT_TRUE(fresh);
  ASSERT_EQ(fresh->size(), 1U);
  EXPECT_EQ(fresh->front().id, "e");
  EXPECT_THAT(open_claims_of(*store, kNow),
              ElementsAre(write_claim_json(whole), write_claim_json(claim("d")),
                          write_claim_json(claim("e"))));
  EXPECT_THAT(open_claims_of(*store, kNow + 1s), ElementsAre(write_claim_json(claim("e"))));
}

TEST_F(Store, KnowsWhichClaimsAreNotAnsweredForGood) {
  const auto store = open();
  ASSERT_TRUE(
      store->put_claims({claim("none"), claim("start"), claim("end"), claim("late")}, kNow));
  VerdictLine start = verdict(claim("start"), "{}");
  start.verdict.connection = session(1, EventType::start);
  VerdictLine end = verdict(claim("end"), "{}");
  end.verdict.connection = session(1);
  ASSERT_TRUE(store->put_verdicts(std::vector{start, end, verdict(claim("late"), "{}")}));
  EXPECT_THAT(open_claims_of(*store, kNow),
              ElementsAre(write_claim_json(claim("none")), write_claim_json(claim("start"))));
}

TEST_F(Store, ReplacesTheVerdictOnOneClaim) {
  const auto store = open();
  ASSERT_TRUE(store->put_verdicts(
      std::vector{verdict(claim("c"), "first"), verdict(claim("d", kNow + 1s, "b"), "other")}));
  ASSERT_TRUE(store->put_verdicts(std::vector{verdict(claim("c"), "second")}));
  EXPECT_THAT(lines_of(*store), ElementsAre("other", "second"));
  EXPECT_THAT(lines_of(*store, {"a", std::nullopt, 100}), ElementsAre("second"));
  EXPECT_THAT(lines_of(*store, {"'; DROP TABLE verdicts; --", std::nullopt, 100}), IsEmpty());
  EXPECT_THAT(lines_of(*store, {"", kNow + 1s, 100}), ElementsAre("other"));
  EXPECT_THAT(lines_of(*store, {"", std::nullopt, 1}), ElementsAre("other"));
}

TEST_F(Store, IsReadableByItsOwnerAlone) {
  const auto store = open();
  ASSERT_TRUE(store->put_claims({claim("c")}, kNow));
  for (const std::string_view ending : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(::stat((path_ + std::string{ending}).c_str(), &status), 0) << ending;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << ending;
  }
}

TEST_F(Store, ForgetsWhatIsOlderThanItsRetention) {
  const auto store = open();
  ASSERT_TRUE(store->commit_batch(batch(1, {session(1)}), kNow));
  ASSERT_TRUE(store->put_claims({claim("old"), claim("new", kNow + 2h)}, kNow));
  ASSERT_TRUE(store->put_verdicts(
      std::vector{verdict(claim("old"), "old"), verdict(claim("new", kNow + 2h), "new")}));
  EXPECT_EQ(store->purge(kNow), 0U);
  // A session, a claim, a verdict, a sensor's boot and its counter.
  EXPECT_EQ(store->purge(kNow + 1h), 5U);
  EXPECT_THAT(lines_of(*store), ElementsAre("new"));
  EXPECT_THAT(sessions_of(*store), IsEmpty());
  const auto counts = store->counts();
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->claims, 1U);
  EXPECT_EQ(counts->sensors, 0U);
}

TEST_F(Store, WritesNothingOfABatchThatDoesNotFit) {
  const auto store = open(300'000);
  std::vector<SessionRecord> records;
  for (std::uint8_t id = 0; id < 250; ++id) records.push_back(session(id));
  std::uint64_t kept = 0;
  std::string complaint;
  for (std::uint64_t sequence = 1; complaint.empty() && sequence < 100; ++sequence) {
    for (SessionRecord& record : records) record.id.bytes[1] = static_cast<std::uint8_t>(sequence);
    const auto done = store->commit_batch(batch(sequence, records), kNow);
    if (done) {
      kept = sequence;
    } else {
      complaint = done.error().text();
    }
  }
  EXPECT_THAT(complaint, HasSubstr("the store is full"));
  EXPECT_EQ(store->committed("edge-1", 0xfedcba9876543210U), kept);
  EXPECT_EQ(sessions_of(*store).size(), kept * records.size());
  // A smaller one after it still goes in once there is room.
  ASSERT_TRUE(store->purge(kNow + 1h));
  EXPECT_TRUE(store->commit_batch(batch(kept + 1, {session(1)}), kNow + 2h));
}

TEST_F(Store, RefusesWhatIsNoStore) {
  std::ofstream{path_} << "This is a text of more than sixteen bytes, and no database at all.\n";
  EXPECT_THAT(refusal(), HasSubstr("is no sekimori store"));
}

TEST_F(Store, RefusesAnotherProgramsDatabase) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "CREATE TABLE theirs (x)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  EXPECT_THAT(refusal(), HasSubstr("is another program's database"));
}

TEST_F(Store, RefusesANewerVersion) {
  open();
  sqlite3* newer = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &newer), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(newer, "PRAGMA user_version=3", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(newer);
  EXPECT_THAT(refusal(), HasSubstr("is a store of version 3, this program reads version 2"));
}

TEST_F(Store, RefusesADamagedFile) {
  {
    const auto store = open();
    ASSERT_TRUE(store->commit_batch(batch(1, {session(1)}), kNow));
  }
  std::filesystem::resize_file(path_, 5000);
  EXPECT_THAT(refusal(), HasSubstr("the store is damaged"));
}

TEST_F(Store, RefusesAFolderThatIsNotThere) {
  path_ = (folder_ / "none" / "store.db").string();
  EXPECT_THAT(refusal(), HasSubstr("cannot be opened for writing: No such file"));
}

TEST_F(Store, BelongsToOneProgramAtATime) {
  auto store = open();
  EXPECT_THAT(refusal(), HasSubstr("another collector or replay writes to this store"));
  ASSERT_TRUE(store->commit_batch(batch(1, {session(1)}), kNow));
  store.reset();
  EXPECT_EQ(refusal(), "opened");
}

TEST_F(Store, SaysThatItsFileWasDeleted) {
  const auto store = open();
  std::filesystem::remove(path_);
  const auto done = store->commit_batch(batch(1, {session(1)}), kNow);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().text(), HasSubstr("deleted while it is in use"));
  EXPECT_FALSE(store->put_claims({claim("c")}, kNow));
  EXPECT_FALSE(store->put_verdicts(std::vector{verdict(claim("c"), "{}")}));
}

TEST_F(Store, ChangesNothingOfAnotherProgramsDatabase) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "CREATE TABLE a (b)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  std::filesystem::permissions(path_, std::filesystem::perms{0644});
  const auto bytes = [this] {
    std::ifstream file{path_, std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  };
  const std::string before = bytes();
  EXPECT_THAT(refusal(), HasSubstr("another program's database"));
  EXPECT_EQ(bytes(), before);
  EXPECT_EQ(std::filesystem::status(path_).permissions(), std::filesystem::perms{0644});
}

TEST_F(Store, ServesSeveralThreads) {
  const auto store = open();
  std::vector<std::thread> threads;
  for (std::uint8_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&store, thread] {
      for (std::uint8_t at = 0; at < 25; ++at) {
        EXPECT_TRUE(
            store->put_claims({claim(std::to_string(thread) + "-" + std::to_string(at))}, kNow));
        EXPECT_TRUE(store->verdicts({}));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store->counts()->claims, 100U);
}

}  // namespace
}  // namespace sekimori
