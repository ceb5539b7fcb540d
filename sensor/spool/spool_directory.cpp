#include "sensor/spool/spool_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace sekimori {
namespace {

constexpr const char* kMarkName = "mark";
constexpr std::string_view kSuffix = ".segment";
constexpr std::size_t kDigits = 16;  // hexadecimal, so that names stand in order

using Name = std::array<char, kDigits + kSuffix.size() + 1>;

Name name_of(std::uint64_t ordinal) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  Name name{};
  for (std::size_t at = 0; at < kDigits; ++at) {
    name[at] = digits[(ordinal >> (4U * (kDigits - 1 - at))) & 0xfU];
  }
  std::copy(kSuffix.begin(), kSuffix.end(), name.begin() + kDigits);
  return name;
}

std::optional<std::uint64_t> ordinal_of(std::string_view name) noexcept {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t ordinal = 0;
  const char* const end = name.data() + kDigits;
  const auto [stop, error] = std::from_chars(name.data(), end, ordinal, 16);
  // Only names that we would write: no capital letters.
  if (error != std::errc{} || stop != end || name != name_of(ordinal).data()) return std::nullopt;
  return ordinal;
}

}  // namespace

Loaded<SpoolDirectory> SpoolDirectory::open(const std::string& path) {
  const auto unusable = [&](std::string why, std::string way_out) {
    return tl::unexpected{
        Complaint{path, 0, 0, "the spool cannot be used: " + std::move(why), std::move(way_out)}};
  };
  if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return unusable(std::strerror(errno), "make the folder above it, or change ship.spool.dir");
  }
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    return unusable(std::strerror(errno), "name a folder of this sensor's as ship.spool.dir");
  }
  SpoolDirectory directory{path, descriptor};
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return unusable(std::strerror(errno), "");
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return unusable("others may write into it", "chmod 0700 " + path);
  }
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return unusable(std::strerror(errno), "");
    return unusable("another sensor uses it", "stop it, or give each its own ship.spool.dir");
  }
  return directory;
}

SpoolDirectory::SpoolDirectory(SpoolDirectory&& other) noexcept
    : path_{std::move(other.path_)}, descriptor_{std::exchange(other.descriptor_, -1)} {}

SpoolDirectory& SpoolDirectory::operator=(SpoolDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

SpoolDirectory::~SpoolDirectory() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<std::vector<std::uint64_t>> SpoolDirectory::segments() const {
  // A descriptor of its own, because closedir closes it.
  const int own = ::openat(descriptor_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own < 0) return std::nullopt;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream{::fdopendir(own), ::closedir};
  if (!stream) {
    ::close(own);
    return std::nullopt;
  }
  std::vector<std::uint64_t> ordinals;
  while (const dirent* entry = ::readdir(stream.get())) {
    if (const auto ordinal = ordinal_of(entry->d_name)) ordinals.push_back(*ordinal);
  }
  std::sort(ordinals.begin(), ordinals.end());
  return ordinals;
}

int SpoolDirectory::create_segment(std::uint64_t ordinal) const noexcept {
  return ::openat(descriptor_, name_of(ordinal).data(),
                  O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
}

int SpoolDirectory::open_segment(std::uint64_t ordinal) const noexcept {
  // Not blocked by what somebody put there instead of a file.
  return ::openat(descriptor_, name_of(ordinal).data(),
                  O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

int SpoolDirectory::open_mark() const noexcept {
  return ::openat(descriptor_, kMarkName, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                  S_IRUSR | S_IWUSR);
}

bool SpoolDirectory::unlink_segment(std::uint64_t ordinal) const noexcept {
  return ::unlinkat(descriptor_, name_of(ordinal).data(), 0) == 0;
}

bool SpoolDirectory::sync() const noexcept {
  return ::fsync(descriptor_) == 0;
}

}  // namespace sekimori
