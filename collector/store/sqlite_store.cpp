#include "collector/store/sqlite_store.h"

#include <bit>
#include <mutex>

#include "collector/receive/claim_reader.h"
#include "collector/receive/claim_writer.h"
#include "collector/store/loss_table.h"
#include "collector/store/schema.h"
#include "collector/store/sqlite.h"
#include "collector/store/store_file.h"
#include "collector/store/stored_claims.h"
#include "core/record/codec.h"

namespace sekimori {
namespace {

using Step = SqliteStatement::Step;

// Milliseconds that a call waits for a reader of another program, such as a backup.
constexpr int kBusyTimeout = 5000;
constexpr std::uint64_t kPageSize = 4096;  // bytes, SQLite's default

std::int64_t nanoseconds_of(Timestamp time) {
  return time.time_since_epoch().count();
}

Timestamp moment_of(std::int64_t nanoseconds) {
  return Timestamp{std::chrono::nanoseconds{nanoseconds}};
}

// SQLite has no unsigned integer: the bits, as a signed one.
std::int64_t bits_of(std::uint64_t value) {
  return std::bit_cast<std::int64_t>(value);
}

// Names of the findings, for people who look with sqlite3.
std::string finding_names(const Verdict& verdict) {
  std::string names;
  for (const Finding& finding : verdict.findings) {
    if (!names.empty()) names += ",";
    names += finding.name;
  }
  return names;
}

bool is_open(const Verdict& verdict) {
  return verdict.connection && verdict.connection->type == EventType::start;
}

}  // namespace

struct SqliteStore::State {
  std::mutex mutex;
  std::string path;
  StoreFile file;  // before the connection, which it must outlive
  SqliteHandle database;
  SqliteStatement read_committed, write_committed, write_counter, write_session, write_claim,
      write_verdict;
  LossTable losses;

  Complaint complaint() const { return sqlite_complaint(database.get(), path); }
  tl::unexpected<Complaint> lost() const {
    return tl::unexpected{Complaint{path, 0, 0, "the store's file was deleted while it is in use",
                                    "restart the collector to begin a new one"}};
  }
  tl::unexpected<Complaint> failed() const { return tl::unexpected{complaint()}; }
  tl::unexpected<Complaint> unreadable(const std::string& what) const {
    return tl::unexpected{
        Complaint{path, 0, 0, "the store holds " + what, "move it away to begin a new one"}};
  }
  Done done(const StoredClaims::Read& read) const {
    if (read) return {};
    return read.error().empty() ? failed() : unreadable(read.error());
  }
  bool execute(const std::string& sql) {
    return sqlite3_exec(database.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
  }
  Loaded<std::int64_t> number(std::string_view sql) {
    SqliteStatement statement{database.get(), sql};
    if (statement.step() != Step::row) return failed();
    return statement.integer(0);
  }

  Done open(const StoreSettings& settings);
  Loaded<bool> check();  // true: still empty
  bool create();
  bool migrate();
  void prepare();
  bool write_record(const Batch& batch, const SessionRecord& record, Timestamp arrival);
  bool write_batch(const Batch& batch, Timestamp arrival, std::vector<SessionRecord>& marked);
};

SqliteStore::Done SqliteStore::State::open(const StoreSettings& settings) {
  path = settings.path;
  if (const auto held = file.open(path); !held) return tl::unexpected{held.error()};
  sqlite3* handle = nullptr;
  const int opened =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  database.reset(handle);
  if (opened != SQLITE_OK) return failed();
  sqlite3_busy_timeout(handle, kBusyTimeout);
  // Before anything is changed: it may be another program's.
  const auto fresh = check();
  if (!fresh) return tl::unexpected{fresh.error()};
  if (const auto mine = file.make_private(); !mine) return tl::unexpected{mine.error()};
  const std::uint64_t pages = settings.size_limit == 0
                                  ? 0xfffffffeU
                                  : std::max<std::uint64_t>(settings.size_limit / kPageSize, 64);
  if (!execute(std::string{kStorePragmas} + "PRAGMA max_page_count=" + std::to_string(pages))) {
    return failed();
  }
  if (*fresh ? !create() : !migrate()) return failed();
  prepare();
  return {};
}

Loaded<bool> SqliteStore::State::check() {
  const auto application = number("PRAGMA application_id");
  const auto version = number("PRAGMA user_version");
  const auto tables = number("SELECT count(*) FROM sqlite_schema");
  if (!application || !version || !tables) return failed();
  if (*tables == 0 && *application == 0) return true;
  if (*application != kStoreApplication) {
    return tl::unexpected{
        Complaint{path, 0, 0, "is another program's database", "name another file as store.path"}};
  }
  if (*version < 1 || *version > kStoreVersion) {
    return tl::unexpected{
        Complaint{path, 0, 0,
                  "is a store of version " + std::to_string(*version) +
                      ", this program reads version " + std::to_string(kStoreVersion),
                  "run the program that wrote it, or name another file as store.path"}};
  }
  return false;
}

bool SqliteStore::State::create() {
  SqliteTransaction transaction{database.get()};
  return transaction.begun() &&
         execute(std::string{kStoreSchema} + kLossSchema +
                 "PRAGMA application_id=" + std::to_string(kStoreApplication) +
                 "; PRAGMA user_version=" + std::to_string(kStoreVersion)) &&
         transaction.commit();
}

bool SqliteStore::State::migrate() {
  const auto version = number("PRAGMA user_version");
  if (!version || *version == kStoreVersion) return version.has_value();
  SqliteTransaction transaction{database.get()};
  return transaction.begun() &&
         execute(std::string{kLossSchema} +
                 "PRAGMA user_version=" + std::to_string(kStoreVersion)) &&
         transaction.commit();
}

void SqliteStore::State::prepare() {
  sqlite3* const handle = database.get();
  losses = LossTable{handle};
  read_committed = {handle, "SELECT committed FROM sensors WHERE name = ? AND boot = ?"};
  write_committed = {handle,
                     "INSERT INTO sensors (name, boot, committed, arrived) VALUES (?, ?, ?, ?) "
                     "ON CONFLICT DO UPDATE SET committed = excluded.committed, "
                     "arrived = excluded.arrived WHERE excluded.committed > committed"};
  write_counter = {handle,
                   "INSERT INTO counters (sensor, boot, name, value) VALUES (?, ?, ?, ?) "
                   "ON CONFLICT DO UPDATE SET value = excluded.value"};
  write_session = {handle,
                   "INSERT INTO sessions (event_id, type, client_ip, started, ended, arrived, "
                   "record) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET type = "
                   "excluded.type, client_ip = excluded.client_ip, started = excluded.started, "
                   "ended = excluded.ended, arrived = excluded.arrived, record = excluded.record "
                   "WHERE excluded.type > type"};
  write_claim = {handle,
                 "INSERT INTO claims (id, account, time, arrived, json) VALUES (?, ?, ?, ?, ?) "
                 "ON CONFLICT DO NOTHING"};
  write_verdict = {handle,
                   "INSERT OR REPLACE INTO verdicts (claim_id, account, time, outcome, mismatch, "
                   "open, findings, json) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
}

bool SqliteStore::State::write_record(const Batch& batch, const SessionRecord& record,
                                      Timestamp arrival) {
  const std::vector<std::uint8_t> bytes = encode_batch({batch.id, batch.speaker, {}, {record}, {}});
  return write_session.reset()
      .bind(std::span<const std::uint8_t>{record.id.bytes})
      .bind(static_cast<std::int64_t>(record.type))
      .bind(record.client.ip.text().view())
      .bind(nanoseconds_of(record.start))
      .bind(nanoseconds_of(record.end))
      .bind(nanoseconds_of(arrival))
      .bind(std::span<const std::uint8_t>{bytes})
      .run();
}

SqliteStore::SqliteStore(std::unique_ptr<State> state) : state_{std::move(state)} {}

SqliteStore::~SqliteStore() = default;

Loaded<std::unique_ptr<SqliteStore>> SqliteStore::open(const StoreSettings& settings) {
  auto state = std::make_unique<State>();
  if (Done opened = state->open(settings); !opened) return tl::unexpected{opened.error()};
  return std::unique_ptr<SqliteStore>{new SqliteStore{std::move(state)}};
}

Loaded<std::uint64_t> SqliteStore::committed(std::string_view sensor, std::uint64_t boot) {
  const std::lock_guard lock{state_->mutex};
  switch (state_->read_committed.reset().bind(sensor).bind(bits_of(boot)).step()) {
    case Step::row: {
      const auto sequence = static_cast<std::uint64_t>(state_->read_committed.integer(0));
      state_->read_committed.reset();
      return sequence;
    }
    case Step::done:
      return std::uint64_t{0};
    default:
      return state_->failed();
  }
}

bool SqliteStore::State::write_batch(const Batch& batch, Timestamp arrival,
                                     std::vector<SessionRecord>& marked) {
  bool good = losses.put(batch) && losses.mark_stored(batch, marked);
  for (std::size_t at = 0; good && at < batch.records.size(); ++at) {
    good = write_record(batch, batch.records[at], arrival);
  }
  for (std::size_t at = 0; good && at < batch.counters.size(); ++at) {
    good = write_counter.reset()
               .bind(batch.id.sensor.view())
               .bind(bits_of(batch.id.boot))
               .bind(batch.counters[at].name.view())
               .bind(bits_of(batch.counters[at].value))
               .run();
  }
  return good && write_committed.reset()
                     .bind(batch.id.sensor.view())
                     .bind(bits_of(batch.id.boot))
                     .bind(bits_of(batch.id.sequence))
                     .bind(nanoseconds_of(arrival))
                     .run();
}

Loaded<std::vector<SessionRecord>> SqliteStore::commit_batches(std::span<const Batch> batches,
                                                               Timestamp arrival) {
  const std::lock_guard lock{state_->mutex};
  if (state_->file.deleted()) return state_->lost();
  SqliteTransaction transaction{state_->database.get()};
  std::vector<SessionRecord> marked;
  const bool good =
      transaction.begun() && std::all_of(batches.begin(), batches.end(), [&](const Batch& batch) {
        return state_->write_batch(batch, arrival, marked);
      });
  if (!good || !transaction.commit()) return state_->failed();
  return marked;
}

Loaded<std::vector<LossWindow>> SqliteStore::losses(std::string_view sensor, Timestamp first_start,
                                                    Timestamp last_start) {
  const std::lock_guard lock{state_->mutex};
  std::vector<LossWindow> found;
  if (!state_->losses.find(sensor, first_start, last_start, found)) return state_->failed();
  return found;
}

Loaded<std::vector<Claim>> SqliteStore::put_claims(std::vector<Claim> claims, Timestamp arrival) {
  const std::lock_guard lock{state_->mutex};
  if (state_->file.deleted()) return state_->lost();
  SqliteTransaction transaction{state_->database.get()};
  bool good = transaction.begun();
  std::vector<Claim> fresh;
  for (std::size_t at = 0; good && at < claims.size(); ++at) {
    good = state_->write_claim.reset()
               .bind(claims[at].id)
               .bind(claims[at].account)
               .bind(nanoseconds_of(claims[at].time))
               .bind(nanoseconds_of(arrival))
               .bind(write_claim_json(claims[at]))
               .run();
    if (good && sqlite3_changes(state_->database.get()) > 0) fresh.push_back(std::move(claims[at]));
  }
  if (!good || !transaction.commit()) return state_->failed();
  return fresh;
}

SqliteStore::Done SqliteStore::put_verdicts(std::span<const VerdictLine> verdicts) {
  const std::lock_guard lock{state_->mutex};
  if (state_->file.deleted()) return state_->lost();
  SqliteTransaction transaction{state_->database.get()};
  bool good = transaction.begun();
  for (std::size_t at = 0; good && at < verdicts.size(); ++at) {
    const Verdict& verdict = verdicts[at].verdict;
    good = state_->write_verdict.reset()
               .bind(verdict.claim.id)
               .bind(verdict.claim.account)
               .bind(nanoseconds_of(verdict.claim.time))
               .bind(static_cast<std::int64_t>(verdict.outcome))
               .bind(static_cast<std::int64_t>(verdict.mismatch))
               .bind(std::int64_t{is_open(verdict)})
               .bind(finding_names(verdict))
               .bind(verdicts[at].json)
               .run();
  }
  if (!good || !transaction.commit()) return state_->failed();
  return {};
}

Loaded<std::vector<std::string>> SqliteStore::verdicts(const VerdictQuery& query) {
  const std::lock_guard lock{state_->mutex};
  const std::string_view by_account =
      "SELECT json FROM verdicts WHERE account = ? AND time >= ? ORDER BY time DESC, claim_id "
      "LIMIT ?";
  const std::string_view of_all =
      "SELECT json FROM verdicts WHERE time >= ? ORDER BY time DESC, claim_id LIMIT ?";
  SqliteStatement select{state_->database.get(), query.account.empty() ? of_all : by_account};
  if (!query.account.empty()) select.bind(query.account);
  select.bind(nanoseconds_of(query.since.value_or(Timestamp::min())))
      .bind(static_cast<std::int64_t>(query.limit));
  std::vector<std::string> lines;
  Step step = Step::row;
  while ((step = select.step()) == Step::row) lines.emplace_back(select.text(0));
  if (step == Step::error) return state_->failed();
  return lines;
}

SqliteStore::Done SqliteStore::sessions_since(Timestamp ended, Timestamp open,
                                              const TakeSession& take) {
  const std::lock_guard lock{state_->mutex};
  SqliteStatement select{
      state_->database.get(),
      "SELECT record, arrived, id FROM sessions WHERE type = ? AND arrived >= ? UNION ALL "
      "SELECT record, arrived, id FROM sessions WHERE type = ? AND arrived >= ? "
      "ORDER BY arrived, id"};
  select.bind(std::int64_t{static_cast<int>(EventType::end)})
      .bind(nanoseconds_of(ended))
      .bind(std::int64_t{static_cast<int>(EventType::start)})
      .bind(nanoseconds_of(open));
  Step step = Step::row;
  while ((step = select.step()) == Step::row) {
    const auto batch = decode_batch(select.blob(0));
    if (!batch) return state_->unreadable("a session that cannot be read");
    for (const SessionRecord& record : batch->records) take(moment_of(select.integer(1)), record);
  }
  if (step == Step::error) return state_->failed();
  return {};
}

SqliteStore::Done SqliteStore::open_claims_since(Timestamp arrival,
                                                 const std::function<void(Claim)>& take) {
  const std::lock_guard lock{state_->mutex};
  return state_->done(StoredClaims{state_->database.get()}.open_since(arrival, take));
}

SqliteStore::Done SqliteStore::judged_claims_since(
    Timestamp time, std::size_t most, const std::function<void(const Observation&)>& take) {
  const std::lock_guard lock{state_->mutex};
  return state_->done(StoredClaims{state_->database.get()}.judged_since(time, most, take));
}

Loaded<StoreCounts> SqliteStore::counts() {
  const std::lock_guard lock{state_->mutex};
  StoreCounts counts;
  for (const auto& [sql, place] : {std::pair{"SELECT count(*) FROM sessions", &counts.sessions},
                                   {"SELECT count(*) FROM claims", &counts.claims},
                                   {"SELECT count(*) FROM verdicts", &counts.verdicts},
                                   {"SELECT count(*) FROM sensors", &counts.sensors}}) {
    const auto rows = state_->number(sql);
    if (!rows) return tl::unexpected{rows.error()};
    *place = static_cast<std::uint64_t>(*rows);
  }
  return counts;
}

Loaded<std::uint64_t> SqliteStore::purge(Timestamp before) {
  const std::lock_guard lock{state_->mutex};
  SqliteTransaction transaction{state_->database.get()};
  bool good = transaction.begun();
  std::uint64_t gone = 0;
  for (const std::string_view sql :
       {"DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE ended < ? LIMIT ?)",
        "DELETE FROM claims WHERE rowid IN (SELECT rowid FROM claims WHERE time < ? LIMIT ?)",
        "DELETE FROM verdicts WHERE rowid IN (SELECT rowid FROM verdicts WHERE time < ? LIMIT ?)",
        "DELETE FROM counters WHERE (sensor, boot) IN (SELECT name, boot FROM sensors WHERE "
        "arrived < ? LIMIT ?)",
        "DELETE FROM sensors WHERE rowid IN (SELECT rowid FROM sensors WHERE arrived < ? LIMIT "
        "?)"}) {
    SqliteStatement statement{state_->database.get(), sql};
    good =
        good &&
        statement.bind(nanoseconds_of(before)).bind(static_cast<std::int64_t>(kPurgeLimit)).run();
    if (good) gone += static_cast<std::uint64_t>(sqlite3_changes64(state_->database.get()));
  }
  good = good && state_->losses.purge(before);
  if (!good || !transaction.commit()) return state_->failed();
  if (gone > 0 && !state_->execute("PRAGMA incremental_vacuum")) return state_->failed();
  return gone;
}

}  // namespace sekimori
