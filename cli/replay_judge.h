#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/output_file.h"
#include "cli/replay_run.h"
#include "collector/config.h"
#include "collector/judging.h"
#include "collector/pipeline.h"
#include "collector/store/sqlite_store.h"
#include "core/record/batch.h"

namespace sekimori {

// The collector's half of a replay: claims come in when they were received, records when the
// sensor's half makes them, and time is the packets'.
class ReplayJudge {
 public:
  // Opens rules, databases, claims, outputs and store. A bad line of claims is said on standard
  // error and counted, and stops nothing.
  static LoadedAll<std::unique_ptr<ReplayJudge>> open(const ReplayOptions& options,
                                                      const CollectorConfig& config);

  // Records in order, and the packet time up to which all were given. False: an output is full.
  bool take(std::span<const SessionRecord* const> records, Timestamp now);

  // Answers every claim, writes everything out and the table for people to `table`.
  std::vector<Complaint> finish(std::ostream& table, int table_descriptor);

 private:
  // Verdicts shown in the table; a longer one nobody reads. The outputs hold them all.
  static constexpr std::size_t kTableRows = 500;

  ReplayJudge(std::unique_ptr<Judging> judging, const JoinSettings& join);
  void take_claims(Timestamp until);
  void tell(const Verdict& verdict);
  void store_records(std::span<const SessionRecord* const> records);
  void keep(const tl::expected<void, Complaint>& done);

  std::unique_ptr<Judging> judging_;
  Pipeline pipeline_;
  std::vector<Claim> claims_;  // by `received`
  std::size_t next_claim_ = 0;
  std::uint64_t bad_claims_ = 0;
  std::optional<OutputFile> verdict_lines_;
  std::unique_ptr<SqliteStore> store_;
  std::vector<VerdictLine> unsaved_;
  Batch batch_;
  std::vector<Verdict> rows_;
  std::uint64_t verdicts_ = 0;
  std::array<std::uint64_t, 4> sums_{};  // of all verdicts, by Mismatch
  std::vector<Complaint> complaints_;    // of outputs and store; the first ends the run
};

}  // namespace sekimori
