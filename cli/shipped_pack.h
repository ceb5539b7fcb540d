#pragma once

#include <filesystem>
#include <optional>

#include "core/rules/pack_files.h"

namespace sekimori {

// regions.yaml or config/regions.yaml in `folder` or the nearest folder above that has one: a pack
// and its regions lie side by side, in the repository (signatures/, config/) as in /etc.
std::optional<std::filesystem::path> find_regions(const std::filesystem::path& folder);

// The pack that came with this program: share/sekimori/signatures or signatures in the nearest
// folder above the executable's that has one.
std::optional<PackFiles> find_shipped_pack();

}  // namespace sekimori
