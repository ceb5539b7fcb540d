#include "collector/receive/quarantine.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

namespace sekimori {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr mode_t kOwnerOnlyFolder = 0700;

std::string hex(std::uint64_t number) {
  std::array<char, 16> text{};
  const auto end = std::to_chars(text.begin(), text.end(), number, 16).ptr;
  return std::string(text.size() - static_cast<std::size_t>(end - text.begin()), '0') +
         std::string(text.begin(), end);
}

}  // namespace

Loaded<Quarantine> Quarantine::open(std::string folder, std::uint64_t size_limit) {
  if (::mkdir(folder.c_str(), kOwnerOnlyFolder) != 0 && errno != EEXIST) {
    return tl::unexpected{Complaint{folder, 0, 0,
                                    std::string{"cannot be made: "} + std::strerror(errno),
                                    "make it, or leave receive.quarantine out"}};
  }
  Quarantine quarantine;
  std::error_code error;
  std::uint64_t used = 0;
  for (std::filesystem::directory_iterator at{folder, error}, end; !error && at != end;
       at.increment(error)) {
    std::error_code unsized;
    const std::uintmax_t size = at->file_size(unsized);
    if (!unsized) used += size;
  }
  if (error || ::access(folder.c_str(), W_OK | X_OK) != 0) {
    return tl::unexpected{Complaint{folder, 0, 0, "cannot be read and written",
                                    "give it to the collector's account"}};
  }
  quarantine.folder_ = std::move(folder);
  quarantine.left_ = size_limit > used ? size_limit - used : 0;
  return quarantine;
}

bool Quarantine::keep(const BatchId& id, Bytes frame) {
  if (folder_.empty() || frame.size() > left_) return false;
  // The name is of the allow-list: no folder can be in it.
  const std::string path = folder_ + "/" + std::string{id.sensor.view()} + "-" + hex(id.boot) +
                           "-" + hex(id.sequence) + ".batch";
  const int file =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly);
  if (file < 0) return false;
  const bool whole =
      ::write(file, frame.data(), frame.size()) == static_cast<ssize_t>(frame.size());
  ::close(file);
  if (!whole) {
    ::unlink(path.c_str());
    return false;
  }
  left_ -= frame.size();
  return true;
}

}  // namespace sekimori
