#pragma once

#include "core/text/complaint.h"
#include "sensor/config.h"
#include "sensor/shard.h"

namespace sekimori {

// Opens the databases and rules that `config` names and yields what each shard does to its records:
// first places and AS numbers, then signatures, which may look at them.
LoadedAll<FinisherFactory> make_finishers(const SensorConfig& config);

}  // namespace sekimori
