#include "collector/store/store_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace sekimori {
namespace {

std::string system_error_text() {
  return std::generic_category().message(errno);
}

}  // namespace

StoreFile::~StoreFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Complaint StoreFile::unusable(const std::string& why) const {
  return {path_, 0, 0, "the store cannot be opened for writing: " + why,
          "its folder must exist and belong to the collector's user"};
}

Loaded<bool> StoreFile::open(const std::string& path) {
  path_ = path;
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, S_IRUSR | S_IWUSR);
  struct stat status {};
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
    return tl::unexpected{unusable(system_error_text())};
  }
  if (!S_ISREG(status.st_mode)) return tl::unexpected{unusable("it is no regular file")};
  // Not SQLite's own locks, which are taken for each transaction: flock(2) knows nothing of them.
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return tl::unexpected{unusable(system_error_text())};
    return tl::unexpected{Complaint{path, 0, 0, "another collector or replay writes to this store",
                                    "stop it, or name another file as store.path"}};
  }
  return true;
}

Loaded<bool> StoreFile::make_private() {
  if (::fchmod(descriptor_, S_IRUSR | S_IWUSR) == 0) return true;
  return tl::unexpected{unusable(system_error_text())};
}

bool StoreFile::deleted() const noexcept {
  struct stat status {};
  return ::fstat(descriptor_, &status) == 0 && status.st_nlink == 0;
}

}  // namespace sekimori
