#include "cli/shipped_pack.h"

#include <system_error>

namespace sekimori {
namespace {

namespace fs = std::filesystem;

// What `found` says of `start` or the nearest folder above it.
template <typename Found>
auto search_up(const fs::path& start, Found found) -> decltype(found(start)) {
  for (fs::path at = start; !at.empty(); at = at.parent_path()) {
    if (auto here = found(at)) return here;
    if (at == at.root_path()) break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<fs::path> find_regions(const fs::path& folder) {
  std::error_code error;
  const fs::path start = fs::absolute(folder, error).lexically_normal();
  if (error) return std::nullopt;
  return search_up(start, [](const fs::path& at) -> std::optional<fs::path> {
    for (const fs::path& path : {at / "regions.yaml", at / "config" / "regions.yaml"}) {
      std::error_code none;
      if (fs::is_regular_file(path, none)) return path;
    }
    return std::nullopt;
  });
}

std::optional<PackFiles> find_shipped_pack() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return std::nullopt;
  return search_up(self.parent_path(), [](const fs::path& at) -> std::optional<PackFiles> {
    for (const fs::path& path : {at / "share" / "sekimori" / "signatures", at / "signatures"}) {
      std::error_code none;
      if (!fs::is_directory(path, none)) continue;
      return PackFiles{path.string(), find_regions(path).value_or(fs::path{}).string()};
    }
    return std::nullopt;
  });
}

}  // namespace sekimori
