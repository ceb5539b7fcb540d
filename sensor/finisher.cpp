#include "sensor/finisher.h"

#include <filesystem>
#include <memory>

#include "core/geo/geo_sources.h"
#include "core/record/field.h"
#include "core/rules/pack.h"
#include "sensor/enrich/enricher.h"

namespace sekimori {
namespace {

using Pack = std::shared_ptr<const RulePack>;

void name(const RuleFacts& facts, SessionRecord& record) noexcept {
  if (record.network_protocol.empty()) record.network_protocol.assign(facts.protocol);
  if (record.remote_access.empty()) record.remote_access.assign(facts.remote_access);
  if (record.tunnel.empty()) record.tunnel.assign(facts.tunnel);
  if (record.application.empty()) record.application.assign(facts.application);
}

// Rules that name a session run first, so that the others can ask for the name.
void match(const RulePack& pack, RuleCounters& counters, SessionRecord& record) {
  const FieldReader reader = session_reader(record);
  for (const std::size_t index : pack.of(Category::session)) {
    const RuleFacts& facts = pack.rules()[index].facts();
    if (!facts.names_something() || facts.in_shadow()) continue;
    if (pack.rules()[index].evaluate(reader).truth == Truth::yes) name(facts, record);
  }
  match_rules(pack, Category::session, reader, counters, [&](const CompiledRule& rule) {
    const RuleFacts& facts = rule.facts();
    record.signatures.push_back(SignatureMatch{
        std::string_view{facts.id}, std::string_view{facts.title}, std::string_view{facts.level}});
  });
}

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
    auto counters = std::make_shared<RuleCounters>(*rules);
    return RecordFinisher{[enricher, rules, counters](SessionRecord& record) {
      enricher->enrich(record);
      match(*rules, *counters, record);
    }};
  }};
}

}  // namespace sekimori
