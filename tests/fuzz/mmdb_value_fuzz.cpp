#include <cstdlib>
#include <vector>

#include "core/geo/mmdb_value.h"

namespace {

struct Walk {
  bool ok = false;
  std::uint64_t digest = 14695981039346656037U;
};

void mix(Walk& walk, std::uint64_t value) {
  walk.digest = (walk.digest ^ value) * 1099511628211U;
}

Walk walk_map(sekimori::Bytes section) {
  sekimori::MmdbReader reader{section};
  std::size_t offset = 0;
  Walk walk;
  const sekimori::MmdbValue root = reader.read(offset);
  reader.for_each_entry(root, [&](std::string_view key, const sekimori::MmdbValue& value) {
    mix(walk, key.size());
    mix(walk, static_cast<std::uint64_t>(value.type));
    mix(walk, value.number);
    for (const std::uint8_t byte : value.content) mix(walk, byte);
  });
  walk.ok = reader.ok();
  return walk;
}

}  // namespace

// A sound map stands within its bytes: what is appended changes nothing, nor in metadata.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sekimori::Bytes section{data, size};
  const Walk walk = walk_map(section);
  std::vector<std::uint8_t> longer{section.begin(), section.end()};
  longer.insert(longer.end(), 16, 0xe1);
  const Walk again = walk_map(longer);
  if (walk.ok && (!again.ok || again.digest != walk.digest)) std::abort();
  if (sekimori::mmdb_metadata_is_bounded(section)) {
    if (!sekimori::mmdb_metadata_is_bounded(longer)) std::abort();
  }
  return 0;
}
