#include "collector/store/loss_table.h"

#include <algorithm>
#include <bit>

#include "core/record/codec.h"

namespace sekimori {
namespace {

using Step = SqliteStatement::Step;

std::int64_t nanoseconds_of(Timestamp time) {
  return time.time_since_epoch().count();
}
Timestamp moment_of(std::int64_t nanoseconds) {
  return Timestamp{std::chrono::nanoseconds{nanoseconds}};
}

}  // namespace

LossTable::LossTable(sqlite3* database)
    : put_{database,
           "INSERT INTO losses (sensor, kind, began, ended, count, interface) VALUES "
           "(?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"},
      find_{database,
            "SELECT kind, began, ended, count, interface FROM losses WHERE sensor = ? AND "
            "ended >= ? AND began <= ?"},
      recent_{database,
              "SELECT id, record FROM (SELECT id, started, record FROM sessions ORDER BY id DESC "
              "LIMIT ?) WHERE started BETWEEN ? AND ?"},
      mark_{database, "UPDATE sessions SET record = ? WHERE id = ?"},
      purge_{database, "DELETE FROM losses WHERE ended < ?"} {}

bool LossTable::put(const Batch& batch) {
  return std::all_of(batch.losses.begin(), batch.losses.end(), [&](const LossWindow& window) {
    return put_.reset()
        .bind(batch.id.sensor.view())
        .bind(static_cast<std::int64_t>(window.kind))
        .bind(nanoseconds_of(window.from))
        .bind(nanoseconds_of(window.until))
        .bind(std::bit_cast<std::int64_t>(window.count))
        .bind(window.interface_name.view())
        .run();
  });
}

bool LossTable::find(std::string_view sensor, Timestamp first_start, Timestamp last_start,
                     std::vector<LossWindow>& out) {
  find_.reset().bind(sensor).bind(nanoseconds_of(first_start));
  find_.bind(nanoseconds_of(last_start + kOpening));
  Step step = Step::row;
  while ((step = find_.step()) == Step::row) {
    LossWindow window;
    window.kind = static_cast<LossKind>(find_.integer(0));
    window.from = moment_of(find_.integer(1));
    window.until = moment_of(find_.integer(2));
    window.count = std::bit_cast<std::uint64_t>(find_.integer(3));
    window.interface_name = find_.text(4);
    out.push_back(window);
  }
  find_.reset();
  return step == Step::done;
}

bool LossTable::mark_stored(const Batch& batch, std::vector<SessionRecord>& out) {
  StartRange range{Timestamp::max(), Timestamp::min()};
  for (const LossWindow& window : batch.losses) {
    const StartRange one = starts_touched(window);
    if (one.last < one.first) continue;
    range = {std::min(range.first, one.first), std::max(range.last, one.last)};
  }
  if (range.last < range.first) return true;
  recent_.reset().bind(kMarkLimit).bind(nanoseconds_of(range.first));
  recent_.bind(nanoseconds_of(range.last));
  struct Marked {
    std::int64_t row;
    std::vector<std::uint8_t> record;
  };
  std::vector<Marked> marked;
  Step step = Step::row;
  while ((step = recent_.step()) == Step::row) {
    auto stored = decode_batch(recent_.blob(1));
    if (!stored || stored->id.sensor != batch.id.sensor) continue;
    if (mark_touched(batch.losses, stored->records) == 0) continue;
    marked.push_back({recent_.integer(0), encode_batch(*stored)});
    out.insert(out.end(), stored->records.begin(), stored->records.end());
  }
  recent_.reset();
  return step == Step::done && std::all_of(marked.begin(), marked.end(), [&](const Marked& one) {
           return mark_.reset().bind(std::span{one.record}).bind(one.row).run();
         });
}

bool LossTable::purge(Timestamp before) {
  return purge_.reset().bind(nanoseconds_of(before)).run();
}

}  // namespace sekimori
