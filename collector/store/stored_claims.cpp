#include "collector/store/stored_claims.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "collector/receive/claim_reader.h"
#include "core/record/codec.h"

namespace sekimori {
namespace {

using Step = SqliteStatement::Step;

std::int64_t nanoseconds_of(Timestamp time) {
  return time.time_since_epoch().count();
}

// As EventId::text() writes it.
std::optional<EventId> read_event_id(std::string_view hex) {
  EventId id;
  if (hex.size() != 2 * id.bytes.size()) return std::nullopt;
  for (std::size_t at = 0; at < id.bytes.size(); ++at) {
    const char* const digits = hex.data() + 2 * at;
    const auto parsed = std::from_chars(digits, digits + 2, id.bytes[at], 16);
    if (parsed.ec != std::errc{} || parsed.ptr != digits + 2) return std::nullopt;
  }
  return id;
}

tl::expected<Claim, std::string> read_claim(std::string_view json) {
  auto claim = read_claim_json(json, std::nullopt);
  if (claim) return std::move(*claim);
  return tl::unexpected{"a claim that cannot be read: " + claim.error().what};
}

}  // namespace

StoredClaims::Read StoredClaims::open_since(Timestamp arrival,
                                            const std::function<void(Claim)>& take) {
  SqliteStatement select{database_,
                         "SELECT claims.json FROM claims LEFT JOIN verdicts ON claim_id = id "
                         "WHERE arrived >= ? AND ifnull(open, 1) = 1 "
                         "ORDER BY arrived, claims.rowid"};
  select.bind(nanoseconds_of(arrival));
  Step step = Step::row;
  while ((step = select.step()) == Step::row) {
    auto claim = read_claim(select.text(0));
    if (!claim) return tl::unexpected{claim.error()};
    take(std::move(*claim));
  }
  if (step == Step::error) return tl::unexpected{std::string{}};
  return {};
}

StoredClaims::Read StoredClaims::judged_since(Timestamp time, std::size_t most,
                                              const std::function<void(const Observation&)>& take) {
  SqliteStatement select{
      database_,
      "SELECT claim, outcome, verdict FROM (SELECT claims.json AS claim, outcome, "
      "verdicts.json AS verdict, verdicts.time AS moment, claim_id FROM verdicts "
      "JOIN claims ON id = claim_id WHERE verdicts.time >= ? AND open = 0 "
      "ORDER BY moment DESC, claim_id DESC LIMIT ?) ORDER BY moment, claim_id"};
  SqliteStatement ids{database_, "SELECT value FROM json_each(?, '$.join.events')"};
  SqliteStatement records{database_, "SELECT record FROM sessions WHERE event_id = ?"};
  select.bind(nanoseconds_of(time)).bind(static_cast<std::int64_t>(most));
  Step step = Step::row;
  while ((step = select.step()) == Step::row) {
    auto claim = read_claim(select.text(0));
    if (!claim) return tl::unexpected{claim.error()};
    const auto outcome = static_cast<std::size_t>(select.integer(1));
    const auto known =
        std::min<std::size_t>(outcome, static_cast<std::size_t>(JoinOutcome::claims_only));
    Observation observation{std::move(*claim), static_cast<JoinOutcome>(known), {}};
    ids.reset().bind(select.text(2));
    if (const Read read = read_sessions(ids, records, observation); !read) return read;
    take(observation);
  }
  if (step == Step::error) return tl::unexpected{std::string{}};
  return {};
}

StoredClaims::Read StoredClaims::read_sessions(SqliteStatement& ids, SqliteStatement& records,
                                               Observation& observation) {
  Step step = Step::row;
  while ((step = ids.step()) == Step::row) {
    const auto id = read_event_id(ids.text(0));
    if (!id) return tl::unexpected{std::string{"a verdict that names no session"}};
    const Step found = records.reset().bind(std::span<const std::uint8_t>{id->bytes}).step();
    if (found == Step::error) return tl::unexpected{std::string{}};
    if (found == Step::done) continue;
    auto batch = decode_batch(records.blob(0));
    if (!batch) return tl::unexpected{std::string{"a session that cannot be read"}};
    for (SessionRecord& record : batch->records) {
      observation.sessions.push_back(std::move(record));
    }
  }
  if (step == Step::error) return tl::unexpected{std::string{}};
  return {};
}

}  // namespace sekimori
