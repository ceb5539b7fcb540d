#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/judge/verdict.h"
#include "collector/receive/claim.h"
#include "core/record/batch.h"
#include "core/text/complaint.h"
#include "core/text/timestamp.h"

namespace sekimori {

struct StoreSettings {
  std::string path;
  std::uint64_t size_limit = 0;  // bytes of the database file, without its log; 0: the disk's
};

// A verdict and its line of JSON, as it goes to every output.
struct VerdictLine {
  Verdict verdict;
  std::string json;
};

struct VerdictQuery {
  std::string account;             // empty: every account
  std::optional<Timestamp> since;  // of claim time
  std::size_t limit = 100;         // newest claims first
};

struct StoreCounts {
  std::uint64_t sessions = 0, claims = 0, verdicts = 0, sensors = 0;
};

// What the collector keeps on one machine: sessions, claims, the last verdict on each claim, and
// how far each sensor's batches are committed. One SQLite file (mode 0600) in WAL mode; a call that
// returns without a complaint is on the disk, one that complains has written nothing. Safe for
// several threads: calls come one after the other. The same thing written twice is there once.
class SqliteStore {
 public:
  using Done = tl::expected<void, Complaint>;

  // Creates the file when there is none. Complains of a file that is something else, damaged, of a
  // newer version, or that cannot be written.
  static Loaded<std::unique_ptr<SqliteStore>> open(const StoreSettings& settings);
  ~SqliteStore();

  // Last sequence committed of that sensor's boot; 0: none.
  Loaded<std::uint64_t> committed(std::string_view sensor, std::uint64_t boot);
  // Records, counters, losses and sequences in one transaction. An end record replaces its start.
  // Yields those stored before that the batches' losses touch: they are marked now.
  Loaded<std::vector<SessionRecord>> commit_batches(std::span<const Batch> batches,
                                                    Timestamp arrival);
  Loaded<std::vector<SessionRecord>> commit_batch(const Batch& batch, Timestamp arrival) {
    return commit_batches({&batch, 1}, arrival);
  }
  // That sensor's windows of loss that touch sessions begun in that time.
  Loaded<std::vector<LossWindow>> losses(std::string_view sensor, Timestamp first_start,
                                         Timestamp last_start);
  // Those that are new, in order; a claim whose id is known stays as it was.
  Loaded<std::vector<Claim>> put_claims(std::vector<Claim> claims, Timestamp arrival);
  // Replaces an earlier verdict on the same claim id.
  Done put_verdicts(std::span<const VerdictLine> verdicts);

  // JSON lines, newest claim first.
  Loaded<std::vector<std::string>> verdicts(const VerdictQuery& query);
  // Ended sessions and open ones that arrived since then, in order of arrival: a collector that
  // starts again goes on where it was.
  using TakeSession = std::function<void(Timestamp arrival, const SessionRecord& record)>;
  Done sessions_since(Timestamp ended, Timestamp open, const TakeSession& take);
  // The same of claims without a verdict, or with one that rests on a session's start alone.
  Done open_claims_since(Timestamp arrival, const std::function<void(Claim)>& take);
  // The others as they were judged, in order of claim time: what correlations remember.
  Done judged_claims_since(Timestamp time, std::size_t most,
                           const std::function<void(const Observation&)>& take);
  Loaded<StoreCounts> counts();

  // Deletes at most kPurgeLimit rows of each kind that are older (sessions by their last packet,
  // claims and verdicts by claim time, losses by their end, sensors by their last batch); how many
  // went.
  static constexpr std::size_t kPurgeLimit = 10'000;
  Loaded<std::uint64_t> purge(Timestamp before);

 private:
  struct State;
  explicit SqliteStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sekimori
