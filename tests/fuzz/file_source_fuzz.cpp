#include <cstdlib>

#include "sensor/capture/file_source.h"

// Whatever the file: it comes to an end, every frame is within the limit and no longer than it was
// on the wire, progress never passes the end, and only a failure complains.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sekimori::Next;
  auto source = sekimori::FileSource::over({data, size}, "fuzz");
  if (!source) {
    if (source.error().what.empty()) std::abort();
    return 0;
  }
  sekimori::PacketView frame;
  Next answer = Next::frame;
  while ((answer = (*source)->next(frame)) == Next::frame) {
    if (frame.bytes.size() > sekimori::kMaxFrameSize) std::abort();
    if (frame.bytes.size() > frame.wire_length) std::abort();
    if ((*source)->progress().done > size) std::abort();
  }
  if (answer == Next::idle) std::abort();
  if ((answer == Next::failed) == (*source)->complaint().what.empty()) std::abort();
  if ((*source)->next(frame) != answer) std::abort();
  return 0;
}
