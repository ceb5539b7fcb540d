#include "core/rules/pack_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace sekimori {
namespace {

namespace fs = std::filesystem;

// More of them say nothing new.
constexpr std::size_t kMostComplaints = 8;

class OwnerCheck {
 public:
  // False: it is a stranger's, or there were enough of those.
  bool trust(const fs::path& path) {
    struct stat status {};
    // What cannot be asked cannot be loaded either, and that is complained of where it is.
    if (::stat(path.c_str(), &status) != 0) return true;
    if (status.st_uid == 0 || status.st_uid == ::geteuid()) return true;
    if (complaints.size() < kMostComplaints) {
      complaints.push_back({path.string(), 0, 0,
                            "belongs to user " + std::to_string(status.st_uid) +
                                ", neither to root nor to the user of this process",
                            "chown root"});
    }
    return false;
  }

  void folder(const fs::path& top) {
    if (!trust(top)) return;
    std::error_code error;
    fs::recursive_directory_iterator at{top, error};
    for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
      const bool is_folder = at->is_directory(error);
      if (!is_folder && at->path().extension() != ".yml") continue;
      if (!trust(at->path()) && is_folder) at.disable_recursion_pending();
      if (complaints.size() == kMostComplaints) return;
    }
  }

  std::vector<Complaint> complaints;
};

}  // namespace

LoadedAll<RulePack> load_pack(const PackFiles& files, const PackSchemas& schemas) {
  if (files.rules.empty()) return RulePack{};
  Placeholders placeholders;
  if (!files.regions.empty()) {
    auto regions = load_placeholders(files.regions);
    if (!regions) return tl::unexpected{std::move(regions.error())};
    placeholders = std::move(*regions);
  }
  return load_pack(files.rules, schemas, placeholders);
}

std::vector<Complaint> strangers_files(const PackFiles& files) {
  OwnerCheck check;
  if (!files.rules.empty()) check.folder(files.rules);
  if (!files.regions.empty()) check.trust(files.regions);
  return std::move(check.complaints);
}

}  // namespace sekimori
