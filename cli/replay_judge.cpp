#include "cli/replay_judge.h"

#include <algorithm>
#include <iostream>
#include <tuple>
#include <utility>

#include "collector/judge/verdict_json.h"
#include "collector/judge/verdict_table.h"
#include "collector/receive/claim_lines.h"

namespace sekimori {
namespace {

// Verdicts written to the store in one transaction.
constexpr std::size_t kVerdictsAtOnce = 256;

// What the store calls the one who sent the records.
constexpr std::string_view kSender = "replay";

bool received_before(const Claim& left, const Claim& right) {
  return std::tie(left.received, left.time, left.id) <
         std::tie(right.received, right.time, right.id);
}

}  // namespace

ReplayJudge::ReplayJudge(std::unique_ptr<Judging> judging, const JoinSettings& join)
    : judging_{std::move(judging)},
      pipeline_{join,
                {[this](SessionRecord& record) { judging_->enrich(record); },
                 [this](const Observation& observation) { return judging_->judge(observation); },
                 [this](const Verdict& verdict) { tell(verdict); },
                 [this](const SessionRecord& record) { judging_->on_session(record); }}} {
  batch_.id.sensor.assign(kSender);
}

LoadedAll<std::unique_ptr<ReplayJudge>> ReplayJudge::open(const ReplayOptions& options,
                                                          const CollectorConfig& config) {
  auto judging = Judging::open(config.judging);
  if (!judging) return tl::unexpected{judging.error()};
  std::unique_ptr<ReplayJudge> judge{new ReplayJudge{std::move(*judging), config.judging.join}};
  for (const std::string& path : options.claims) {
    const auto report =
        read_claim_file(path, [&](Claim claim) { judge->claims_.push_back(std::move(claim)); });
    if (!report) return tl::unexpected{std::vector{report.error()}};
    judge->bad_claims_ += report->bad;
    for (const Complaint& one : report->complaints) std::cerr << one.text() << '\n';
    if (report->bad > 0) {
      std::cerr << path << ": " << report->bad << " bad lines refused, " << report->good
                << " claims taken\n";
    }
  }
  std::stable_sort(judge->claims_.begin(), judge->claims_.end(), received_before);
  if (!options.verdicts.empty()) {
    auto file = OutputFile::create(options.verdicts);
    if (!file) return tl::unexpected{std::vector{file.error()}};
    judge->verdict_lines_ = std::move(*file);
  }
  if (!options.store.empty()) {
    auto store = SqliteStore::open({options.store, config.store.size_limit});
    if (!store) return tl::unexpected{std::vector{store.error()}};
    judge->store_ = std::move(*store);
  }
  return judge;
}

bool ReplayJudge::take(std::span<const SessionRecord* const> records, Timestamp now) {
  take_claims(now);
  pipeline_.advance(now);
  // Without claims there is nobody to remember them for.
  if (!claims_.empty()) {
    for (const SessionRecord* record : records) pipeline_.on_session(*record);
  }
  if (store_) store_records(records);
  return complaints_.empty() && (!verdict_lines_ || verdict_lines_->good());
}

std::vector<Complaint> ReplayJudge::finish(std::ostream& table, int table_descriptor) {
  take_claims(Timestamp::max());
  pipeline_.finish();
  if (store_ && complaints_.empty()) keep(store_->put_verdicts(unsaved_));
  if (verdict_lines_) keep(verdict_lines_->close());
  if (verdicts_ > 0) {
    write_verdict_table(table, rows_, table_style(table_descriptor));
    if (verdicts_ > rows_.size()) {
      const auto sum = [this](Mismatch mismatch) {
        return sums_.at(static_cast<std::size_t>(mismatch));
      };
      table << "and " << verdicts_ - rows_.size() << " more; of all " << verdicts_ << ": "
            << sum(Mismatch::contradicted) << " contradicted, " << sum(Mismatch::doubtful)
            << " doubtful, " << sum(Mismatch::fits) << " fit, " << sum(Mismatch::unknown)
            << " unknown. --verdicts FILE has them all\n";
    }
  }
  return complaints_;
}

void ReplayJudge::take_claims(Timestamp until) {
  for (; next_claim_ < claims_.size() && claims_[next_claim_].received <= until; ++next_claim_) {
    Claim& claim = claims_[next_claim_];
    pipeline_.advance(claim.received);
    pipeline_.on_claim(std::move(claim));
  }
}

void ReplayJudge::tell(const Verdict& verdict) {
  ++verdicts_;
  ++sums_.at(static_cast<std::size_t>(verdict.mismatch));
  if (rows_.size() < kTableRows) rows_.push_back(verdict);
  if (!verdict_lines_ && !store_) return;
  VerdictLine line{verdict, {}};
  append_verdict_json(line.json, verdict);
  if (verdict_lines_) {
    verdict_lines_->write(line.json);
    verdict_lines_->write("\n");
  }
  if (!store_) return;
  unsaved_.push_back(std::move(line));
  if (unsaved_.size() < kVerdictsAtOnce || !complaints_.empty()) return;
  keep(store_->put_verdicts(unsaved_));
  unsaved_.clear();
}

void ReplayJudge::store_records(std::span<const SessionRecord* const> records) {
  for (std::size_t at = 0; at < records.size() && complaints_.empty(); at += kBatchRecordLimit) {
    const auto part = records.subspan(at, std::min(kBatchRecordLimit, records.size() - at));
    batch_.records.clear();
    for (const SessionRecord* record : part) batch_.records.push_back(*record);
    ++batch_.id.sequence;
    const auto done = store_->commit_batch(batch_, part.back()->end);
    if (!done) complaints_.push_back(done.error());
  }
}

void ReplayJudge::keep(const tl::expected<void, Complaint>& done) {
  if (!done) complaints_.push_back(done.error());
}

}  // namespace sekimori
