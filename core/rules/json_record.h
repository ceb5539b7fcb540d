#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/text/complaint.h"
#include "core/text/yaml.h"

namespace sekimori {

// Bytes of one record as JSON; the longest that append_json() writes has a raw JA4 of 48 KiB.
inline constexpr std::size_t kJsonRecordLimit = 256 * 1024;

// A record as append_json() writes it (core/record/FORMAT.md), for InlineRecord::read(): one entry
// for each value, nested names joined with dots. `line` is where `text` stands in `file`. A null is
// left out, for it says the same as an absent field. Of a signature its id is kept; one in shadow
// is left out, because no rule sees it.
LoadedAll<std::vector<YamlEntry>> read_json_record(std::string_view file, std::uint32_t line,
                                                   std::string_view text);

}  // namespace sekimori
