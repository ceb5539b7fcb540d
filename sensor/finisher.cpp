#include "sensor/finisher.h"

#include <filesystem>
#include <memory>

#include "core/geo/geo_sources.h"
#include "core/record/field.h"
#include "core/rules/pack.h"
#include "core/rules/session_match.h"
#include "sensor/enrich/enricher.h"

namespace sekimori {
namespace {

using Pack = std::shared_ptr<const RulePack>;

LoadedAll<Pack> load_rules(const SensorConfig& config) {
  if (config.rules.empty()) return Pack{};
  Placeholders placeholders;
  if (!config.regions.empty()) {
    auto regions = load_placeholders(config.regions);
    if (!regions) return tl::unexpected{regions.error()};
    placeholders = std::move(*regions);
  }
  auto pack = load_pack(config.rules, PackSchemas{sensor_fields(), {}}, placeholders);
  if (!pack) return tl::unexpected{pack.error()};
  return std::make_shared<const RulePack>(std::move(*pack));
}

}  // namespace

LoadedAll<FinisherFactory> make_finishers(const SensorConfig& config) {
  const std::vector<std::filesystem::path> paths{config.databases.begin(), config.databases.end()};
  std::shared_ptr<const GeoSources> sources;
  if (!paths.empty()) {
    auto opened = GeoSources::open(paths);
    if (!opened) return tl::unexpected{std::vector{opened.error()}};
    sources = std::make_shared<const GeoSources>(std::move(*opened));
  }
  auto pack = load_rules(config);
  if (!pack) return tl::unexpected{pack.error()};
  return FinisherFactory{[sources, rules = *pack] {
    const auto enricher = std::make_shared<Enricher>(sources);  // a function must be copyable
    if (!rules) {
      return RecordFinisher{[enricher](SessionRecord& record) { enricher->enrich(record); }};
    }
    const auto matcher = std::make_shared<RuleMatcher>(rules);
    return RecordFinisher{[enricher, matcher](SessionRecord& record) {
      enricher->enrich(record);
      match_session(*matcher, record);
    }};
  }};
}

}  // namespace sekimori
