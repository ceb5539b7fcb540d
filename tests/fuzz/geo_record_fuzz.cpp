#include <cmath>
#include <cstdlib>
#include <vector>

#include "core/geo/geo_record.h"

// A sound record stands within its bytes: what is appended changes nothing. Coordinates come in
// pairs and on the globe.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sekimori::Bytes section{data, size};
  const auto answer = sekimori::read_geo_record(section, 0);
  if (!answer) return 0;
  std::vector<std::uint8_t> longer{section.begin(), section.end()};
  longer.insert(longer.end(), 16, 0xe1);
  if (sekimori::read_geo_record(longer, 0) != answer) std::abort();
  if (answer->latitude.has_value() != answer->longitude.has_value()) std::abort();
  if (answer->latitude && !(std::fabs(*answer->latitude) <= 90)) std::abort();
  if (answer->longitude && !(std::fabs(*answer->longitude) <= 180)) std::abort();
  return 0;
}
