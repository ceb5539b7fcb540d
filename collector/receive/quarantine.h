#pragma once

#include <cstdint>
#include <string>

#include "core/bytes/cursor.h"
#include "core/record/batch.h"
#include "core/text/complaint.h"

namespace sekimori {

// A folder for batches that could not be read, one file each as it came (zstd over FlatBuffers), so
// that somebody can find out why. What is in it already counts; when it is full nothing more is
// kept, the oldest least of all.
class Quarantine {
 public:
  Quarantine() = default;  // none: keeps nothing
  // Makes the folder if it is not there.
  static Loaded<Quarantine> open(std::string folder, std::uint64_t size_limit);

  // False: it is full, or the disk is.
  bool keep(const BatchId& id, Bytes frame);

 private:
  std::string folder_;
  std::uint64_t left_ = 0;  // bytes
};

}  // namespace sekimori
