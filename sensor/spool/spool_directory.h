#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/text/complaint.h"

namespace sekimori {

// The folder of the spool, opened before the sensor gives up its privileges and held by one sensor
// at a time. Everything in it is named relative to its descriptor, which confinement knows.
class SpoolDirectory {
 public:
  // Makes the last folder of the path (0700) when it is not there.
  static Loaded<SpoolDirectory> open(const std::string& path);

  SpoolDirectory(SpoolDirectory&& other) noexcept;
  SpoolDirectory& operator=(SpoolDirectory&& other) noexcept;
  ~SpoolDirectory();

  const std::string& path() const noexcept { return path_; }
  int descriptor() const noexcept { return descriptor_; }

  // Ordinals of the segment files, ascending; other names are left alone. Nothing: errno says why.
  std::optional<std::vector<std::uint64_t>> segments() const;
  // Descriptors for the caller to close; below 0: errno says why.
  int create_segment(std::uint64_t ordinal) const noexcept;  // new, to append to
  int open_segment(std::uint64_t ordinal) const noexcept;    // to read and to cut
  int open_mark() const noexcept;                            // to read and write; made if need be
  bool unlink_segment(std::uint64_t ordinal) const noexcept;
  // That what was made and unlinked stays so.
  bool sync() const noexcept;

 private:
  SpoolDirectory(std::string path, int descriptor)
      : path_{std::move(path)}, descriptor_{descriptor} {}

  std::string path_;
  int descriptor_ = -1;
};

}  // namespace sekimori
