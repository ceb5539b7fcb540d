#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/text/complaint.h"
#include "sensor/config.h"
#include "sensor/shard.h"

namespace sekimori {

// Opens the databases and rules that `config` names and makes what is done to every record: first
// places and AS numbers, then signatures, which may look at them.
LoadedAll<RecordFinisher> make_finisher(const SensorConfig& config);

}  // namespace sekimori
