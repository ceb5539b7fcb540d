#include "collector/judging.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "core/geo/record_geo.h"
#include "core/rules/pack_files.h"

namespace sekimori {
namespace {

std::vector<Site> places_of(const JudgingConfig& config) {
  std::vector<Site> places;
  if (config.site) places.push_back(*config.site);
  for (const auto& [observer, place] : config.sites) places.push_back(place);
  return places;
}

}  // namespace

LoadedAll<std::unique_ptr<Judging>> Judging::open(const JudgingConfig& config) {
  std::vector<Complaint> complaints;
  std::unique_ptr<Judging> judging{new Judging};
  if (!config.databases.empty()) {
    const std::vector<std::filesystem::path> paths{config.databases.begin(),
                                                   config.databases.end()};
    auto sources = GeoSources::open(paths);
    if (sources) {
      judging->sources_ = std::make_shared<const GeoSources>(std::move(*sources));
    } else {
      complaints.push_back(sources.error());
    }
  }
  if (!config.country_shapes.empty()) {
    auto distances = CountryDistances::load(config.country_shapes, places_of(config));
    if (distances) {
      judging->distances_ = std::make_shared<const CountryDistances>(std::move(*distances));
    } else {
      complaints.push_back(distances.error());
    }
  }
  auto pack = load_pack(config.pack(), {sensor_fields(), claim_fields()});
  if (!pack) complaints.insert(complaints.end(), pack.error().begin(), pack.error().end());
  if (!complaints.empty()) return tl::unexpected{complaints};
  judging->judge_ = std::make_unique<Judge>(std::make_shared<const RulePack>(std::move(*pack)),
                                            judging->judge_settings(config));
  return judging;
}

JudgeSettings Judging::judge_settings(const JudgingConfig& config) const {
  JudgeSettings settings;
  settings.sites = config.sites;
  settings.site = config.site;
  settings.nearest_km = [distances = distances_](CountryCode country,
                                                 const Site& site) -> std::optional<double> {
    return distances ? distances->nearest_km(country, site) : std::nullopt;
  };
  settings.enrich = [sources = sources_](SessionRecord& record) {
    if (sources) fill_geo(record, *sources);
  };
  return settings;
}

void Judging::enrich(SessionRecord& record) const noexcept {
  if (sources_) fill_geo(record, *sources_);
}

std::vector<RuleTotals> Judging::rule_totals() const {
  std::vector<RuleTotals> all =
      sekimori::rule_totals(judge_->pack(), Category::claim, {&judge_->counters()});
  const Correlator& correlator = judge_->correlator();
  for (std::size_t at = 0; at < correlator.pack().correlations().size(); ++at) {
    const RuleFacts& facts = correlator.pack().correlations()[at].facts;
    const CorrelationCounters& counters = correlator.counters(at);
    if (counters.held == 0 && counters.undecided.empty()) continue;
    RuleTotals& one = all.emplace_back();
    one.id = facts.id.empty() ? facts.name : facts.id;
    one.title = facts.title;
    one.matched = counters.held;
    for (const auto& [field, times] : counters.undecided) one.undecided.push_back({field, times});
  }
  return all;
}

std::string Judging::description() const {
  const std::size_t databases = sources_ ? sources_->databases().size() : 0;
  const RulePack& pack = judge_->pack();
  return std::to_string(pack.rules().size() + pack.correlations().size()) + " rules (pack " +
         pack.hash().substr(0, 12) + "), " + std::to_string(databases) + " databases";
}

std::string Judging::correlations_description() const {
  if (judge_->pack().correlations().empty()) return {};
  const CorrelationTotals totals = correlation_totals();
  return std::to_string(totals.events) + " events counted by correlations, which held " +
         std::to_string(totals.held) + " times; " + std::to_string(totals.undecided) +
         " undecided, " + std::to_string(totals.late) + " too late, " +
         std::to_string(totals.forgotten_events) + " forgotten for want of room";
}

}  // namespace sekimori
