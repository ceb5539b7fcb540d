#include "sensor/finisher.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/geo/geo_sources.h"
#include "core/record/field.h"
#include "core/rules/session_match.h"
#include "sensor/classify/classifier.h"
#include "sensor/classify/ndpi.h"
#include "sensor/classify/protocol_names.h"
#include "sensor/enrich/enricher.h"

namespace sekimori {
namespace {

// While a classifier is waited for, packets wait too, and their queue has an end.
constexpr std::chrono::milliseconds kLivePatience{500};

// What one shard does to its records.
class Finisher {
 public:
  Finisher(std::shared_ptr<const GeoSources> sources, std::shared_ptr<const PackSlot> rules,
           ClassifierProcess* process, std::uint16_t number)
      : enricher_{std::move(sources)}, slot_{std::move(rules)} {
    if (process != nullptr) classifier_.emplace(*process, number);
    renew();
  }
  Finisher(const Finisher&) = delete;
  Finisher& operator=(const Finisher&) = delete;
  ~Finisher() { leave(); }

  void finish(std::span<SessionRecord> records, FlowSamples& samples) {
    if (classifier_) classifier_->classify(samples);
    if (slot_->generation() != generation_) renew();
    auto sample = samples.list.begin();
    for (std::size_t at = 0; at < records.size(); ++at) {
      const bool is_sampled = sample != samples.list.end() && sample->record == at;
      finish(records[at], is_sampled ? (sample++)->names : FlowNames{});
    }
  }

 private:
  // Our own parsers name a session before everybody, then rules; the classifier only one that is
  // still without any name, and rules may rest on what it says.
  void finish(SessionRecord& record, const FlowNames& names) {
    enricher_.enrich(record);
    if (matcher_) name_session(*matcher_, record);
    if (!names.empty() && !has_name(record)) {
      add_names(names, record);
      if (matcher_) name_session(*matcher_, record);
    }
    if (matcher_) sign_session(*matcher_, record);
  }

  void leave() {
    if (matcher_) slot_->tally().leave(*matcher_);
  }
  // Allocates; only when the pack was replaced.
  void renew() {
    generation_ = slot_->generation();  // first: a put() in between is seen with the next records
    auto pack = slot_->get();
    leave();
    matcher_.reset();
    if (pack->hash().empty()) return;
    slot_->tally().join(matcher_.emplace(std::move(pack)));
  }

  Enricher enricher_;
  std::shared_ptr<const PackSlot> slot_;
  std::uint64_t generation_ = 0;
  std::optional<RuleMatcher> matcher_;  // none: there are no rules
  std::optional<Classifier> classifier_;
};

}  // namespace

LoadedAll<std::shared_ptr<const RulePack>> load_session_rules(const PackFiles& files) {
  auto pack = load_pack(files, {sensor_fields(), {}});
  if (!pack) return tl::unexpected{std::move(pack.error())};
  return std::make_shared<const RulePack>(std::move(*pack));
}

LoadedAll<FinisherFactory> make_finishers(const SensorConfig& config,
                                          std::shared_ptr<const PackSlot> rules,
                                          ClassifierProcess* process) {
  const std::vector<std::filesystem::path> paths{config.databases.begin(), config.databases.end()};
  std::shared_ptr<const GeoSources> sources;
  if (!paths.empty()) {
    auto opened = GeoSources::open(paths);
    if (!opened) return tl::unexpected{std::vector{opened.error()}};
    sources = std::make_shared<const GeoSources>(std::move(*opened));
  }
  const auto shards = std::make_shared<std::uint16_t>(std::uint16_t{0});
  return FinisherFactory{[sources, rules = std::move(rules), process, shards] {
    const auto finisher =
        std::make_shared<Finisher>(sources, rules, process, (*shards)++);  // functions are copied
    return RecordFinisher{[finisher](std::span<SessionRecord> records, FlowSamples& samples) {
      finisher->finish(records, samples);
    }};
  }};
}

LoadedAll<FinisherFactory> make_finishers(const SensorConfig& config, ClassifierProcess* process) {
  auto pack = load_session_rules(config.pack());
  if (!pack) return tl::unexpected{std::move(pack.error())};
  return make_finishers(config, std::make_shared<const PackSlot>(std::move(*pack)), process);
}

Loaded<std::unique_ptr<ClassifierProcess>> start_classifier(const SensorConfig& config,
                                                            RunsOn input,
                                                            ClassifierProcess::Tell tell) {
  if (!config.classifier.on) return nullptr;
  ClassifierLimits limits;
  if (input == RunsOn::interfaces) {
    limits.patience = kLivePatience;
    limits.backs_off = true;
    limits.most_per_second = config.classifier.most_per_second;
  }
  return ClassifierProcess::start(make_ndpi, limits, std::move(tell));
}

}  // namespace sekimori
