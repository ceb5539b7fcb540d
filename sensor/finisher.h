#pragma once

#include <memory>

#include "core/rules/pack_files.h"
#include "core/rules/pack_slot.h"
#include "core/text/complaint.h"
#include "sensor/classify/classifier_process.h"
#include "sensor/config.h"
#include "sensor/shard.h"

namespace sekimori {

// None, and no hash, where no files are named.
LoadedAll<std::shared_ptr<const RulePack>> load_session_rules(const PackFiles& files);

// Opens the databases that `config` names and yields what each shard does to its records: first
// places and AS numbers, then signatures, which may look at them, then the classifier's names where
// no signature gave one. The rules are those that stand in `rules` when a record is made. `process`
// must outlive every shard; null: there is no classifier.
LoadedAll<FinisherFactory> make_finishers(const SensorConfig& config,
                                          std::shared_ptr<const PackSlot> rules,
                                          ClassifierProcess* process);

// The same with the rules that `config` names, for good.
LoadedAll<FinisherFactory> make_finishers(const SensorConfig& config, ClassifierProcess* process);

// Forks the classifier, to be called before anything else is opened; null when `config` says off.
enum class RunsOn : std::uint8_t { files, interfaces };
Loaded<std::unique_ptr<ClassifierProcess>> start_classifier(const SensorConfig& config,
                                                            RunsOn input,
                                                            ClassifierProcess::Tell tell);

}  // namespace sekimori
