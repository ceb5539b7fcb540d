#include "sensor/finisher.h"

#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "core/geo/geo_sources.h"
#include "core/record/field.h"
#include "core/rules/session_match.h"
#include "sensor/enrich/enricher.h"

namespace sekimori {
namespace {

// What one shard does to its records.
class Finisher {
 public:
  Finisher(std::shared_ptr<const GeoSources> sources, std::shared_ptr<const PackSlot> rules)
      : enricher_{std::move(sources)}, slot_{std::move(rules)} {
    renew();
  }

  void finish(SessionRecord& record) {
    enricher_.enrich(record);
    if (slot_->generation() != generation_) renew();
    if (matcher_) match_session(*matcher_, record);
  }

 private:
  // Allocates; only when the pack was replaced.
  void renew() {
    generation_ = slot_->generation();  // first: a put() in between is seen with the next record
    auto pack = slot_->get();
    matcher_.reset();
    if (!pack->hash().empty()) matcher_.emplace(std::move(pack));
  }

  Enricher enricher_;
  std::shared_ptr<const PackSlot> slot_;
  std::uint64_t generation_ = 0;
  std::optional<RuleMatcher> matcher_;  // none: there are no rules
};

}  // namespace

LoadedAll<std::shared_ptr<const RulePack>> load_session_rules(const PackFiles& files) {
  auto pack = load_pack(files, {sensor_fields(), {}});
  if (!pack) return tl::unexpected{std::move(pack.error())};
  return std::make_shared<const RulePack>(std::move(*pack));
}

LoadedAll<FinisherFactory> make_finishers(const SensorConfig& config,
                                          std::shared_ptr<const PackSlot> rules) {
  const std::vector<std::filesystem::path> paths{config.databases.begin(), config.databases.end()};
  std::shared_ptr<const GeoSources> sources;
  if (!paths.empty()) {
    auto opened = GeoSources::open(paths);
    if (!opened) return tl::unexpected{std::vector{opened.error()}};
    sources = std::make_shared<const GeoSources>(std::move(*opened));
  }
  return FinisherFactory{[sources, rules = std::move(rules)] {
    const auto finisher =
        std::make_shared<Finisher>(sources, rules);  // a function must be copyable
    return RecordFinisher{[finisher](SessionRecord& record) { finisher->finish(record); }};
  }};
}

LoadedAll<FinisherFactory> make_finishers(const SensorConfig& config) {
  auto pack = load_session_rules(config.pack());
  if (!pack) return tl::unexpected{std::move(pack.error())};
  return make_finishers(config, std::make_shared<const PackSlot>(std::move(*pack)));
}

}  // namespace sekimori
