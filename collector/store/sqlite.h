#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/text/complaint.h"

namespace sekimori {

// What SQLite says of its last error on this connection, as a complaint about `file`: full,
// damaged, locked, or its own words.
Complaint sqlite_complaint(sqlite3* database, const std::string& file);

struct SqliteCloser {
  void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
};
using SqliteHandle = std::unique_ptr<sqlite3, SqliteCloser>;

// One prepared statement, borrowed from its connection. Values are bound from left to right; the
// next run begins with reset(). A fault sticks in the connection and shows at step().
class SqliteStatement {
 public:
  SqliteStatement() = default;
  // Null inside when `sql` does not compile: step() then says `error`.
  SqliteStatement(sqlite3* database, std::string_view sql);

  SqliteStatement& reset();
  SqliteStatement& bind(std::int64_t value);
  SqliteStatement& bind(std::string_view text);
  SqliteStatement& bind(std::span<const std::uint8_t> blob);

  enum class Step : std::uint8_t { row, done, error };
  Step step();
  bool run() { return step() == Step::done; }

  std::int64_t integer(int column) const;
  // Borrowed until the next step or reset.
  std::string_view text(int column) const;
  std::span<const std::uint8_t> blob(int column) const;

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
  int next_ = 1;
};

// All or nothing: what is not committed is rolled back.
class SqliteTransaction {
 public:
  explicit SqliteTransaction(sqlite3* database);
  ~SqliteTransaction();
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;

  bool begun() const { return open_; }
  bool commit();

 private:
  sqlite3* database_;
  bool open_;
};

}  // namespace sekimori
