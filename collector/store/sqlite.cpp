#include "collector/store/sqlite.h"

namespace sekimori {
namespace {

bool run_plain(sqlite3* database, const char* sql) {
  return sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

}  // namespace

Complaint sqlite_complaint(sqlite3* database, const std::string& file) {
  const std::string words = sqlite3_errmsg(database);
  switch (sqlite3_errcode(database) & 0xff) {
    case SQLITE_FULL:
      return {file, 0, 0, "the store is full: its disk, or the size limit of the configuration",
              "make room, shorten store.retention or raise store.size_limit"};
    case SQLITE_NOTADB:
      return {file, 0, 0, "is no sekimori store: " + words, "name another file as store.path"};
    case SQLITE_CORRUPT:
      return {file, 0, 0, "the store is damaged: " + words,
              "move it away to begin a new one, and keep it for sqlite3's .recover"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {file, 0, 0, "the store is locked by another program",
              "one collector writes to one store"};
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {file, 0, 0, "the store cannot be opened for writing: " + words,
              "its folder must exist and belong to the collector's user"};
    case SQLITE_IOERR:
      return {file, 0, 0, "the store's disk fails: " + words,
              "make room if it is full; else look at the kernel's log"};
    default:
      return {file, 0, 0, "the store fails: " + words, ""};
  }
}

SqliteStatement::SqliteStatement(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  static_cast<void>(sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                       SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  statement_.reset(statement);
}

SqliteStatement& SqliteStatement::reset() {
  static_cast<void>(sqlite3_reset(statement_.get()));
  next_ = 1;
  return *this;
}

SqliteStatement& SqliteStatement::bind(std::int64_t value) {
  static_cast<void>(sqlite3_bind_int64(statement_.get(), next_++, value));
  return *this;
}

SqliteStatement& SqliteStatement::bind(std::string_view text) {
  // Never null: SQLite takes a null pointer for NULL, not for an empty text.
  const char* const data = text.empty() ? "" : text.data();
  static_cast<void>(sqlite3_bind_text64(statement_.get(), next_++, data, text.size(),
                                        SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

SqliteStatement& SqliteStatement::bind(std::span<const std::uint8_t> blob) {
  static_cast<void>(
      sqlite3_bind_blob64(statement_.get(), next_++, blob.data(), blob.size(), SQLITE_TRANSIENT));
  return *this;
}

SqliteStatement::Step SqliteStatement::step() {
  if (!statement_) return Step::error;
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return Step::row;
    case SQLITE_DONE:
      return Step::done;
    default:
      return Step::error;
  }
}

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view SqliteStatement::text(int column) const {
  const auto bytes = blob(column);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::uint8_t> SqliteStatement::blob(int column) const {
  const auto* const data =
      static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

// IMMEDIATE takes the write lock at once: waiting for it later, with a read begun, can fail for
// good.
SqliteTransaction::SqliteTransaction(sqlite3* database)
    : database_{database}, open_{run_plain(database, "BEGIN IMMEDIATE")} {}

SqliteTransaction::~SqliteTransaction() {
  if (open_) run_plain(database_, "ROLLBACK");
}

bool SqliteTransaction::commit() {
  if (!open_ || !run_plain(database_, "COMMIT")) return false;
  open_ = false;
  return true;
}

}  // namespace sekimori
