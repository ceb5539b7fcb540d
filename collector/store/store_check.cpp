#include "collector/store/store_check.h"

#include "collector/store/schema.h"
#include "collector/store/sqlite.h"

namespace sekimori {
namespace {

using Step = SqliteStatement::Step;
constexpr int kBusyTimeout = 5000;  // milliseconds

}  // namespace

Loaded<std::vector<std::string>> check_store(const std::string& path, StoreCheck depth) {
  sqlite3* handle = nullptr;
  const int opened =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  const SqliteHandle database{handle};
  if (opened != SQLITE_OK) return tl::unexpected{sqlite_complaint(handle, path)};
  sqlite3_busy_timeout(handle, kBusyTimeout);
  SqliteStatement application{handle, "PRAGMA application_id"};
  if (application.step() != Step::row) return tl::unexpected{sqlite_complaint(handle, path)};
  if (application.integer(0) != kStoreApplication) {
    return tl::unexpected{
        Complaint{path, 0, 0, "is no sekimori store", "name another file as store.path"}};
  }
  SqliteStatement check{
      handle, depth == StoreCheck::quick ? "PRAGMA quick_check(20)" : "PRAGMA integrity_check(20)"};
  std::vector<std::string> faults;
  Step step = Step::row;
  while ((step = check.step()) == Step::row) {
    if (check.text(0) != "ok") faults.emplace_back(check.text(0));
  }
  // A page that cannot be read at all ends the check with an error, which is a finding too.
  if (step == Step::error) faults.push_back(sqlite_complaint(handle, path).what);
  return faults;
}

}  // namespace sekimori
