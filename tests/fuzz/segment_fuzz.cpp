#include <algorithm>
#include <cstdlib>

#include "sensor/spool/segment.h"

namespace {

using sekimori::Bytes;

template <typename Array>
bool same(const Array& encoded, Bytes bytes) {
  return std::equal(encoded.begin(), encoded.end(), bytes.begin());
}

// What is read is written back to the same bytes, and no entry reaches past the end.
void walk(Bytes segment) {
  const auto head = sekimori::parse_segment_head(segment);
  if (!head) return;
  if (segment.size() < sekimori::kSegmentHeadSize) std::abort();
  Bytes left = segment.subspan(sekimori::kSegmentHeadSize);
  while (const auto entry = sekimori::parse_entry_head(left, head->boot)) {
    if (left.size() < sekimori::kEntryHeadSize) std::abort();
    const Bytes behind = left.subspan(sekimori::kEntryHeadSize);
    if (entry->length > behind.size()) return;
    const Bytes frame = behind.first(entry->length);
    if (sekimori::frame_is_whole(*entry, head->boot, frame) &&
        !same(sekimori::encode_entry_head(*entry, head->boot, frame), left)) {
      std::abort();
    }
    left = behind.subspan(entry->length);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  walk({data, size});
  const auto mark = sekimori::parse_spool_mark({data, size});
  if (mark && size < sekimori::kSpoolMarkSize) std::abort();
  return 0;
}
