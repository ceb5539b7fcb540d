#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include "sensor/flow/stream_head.h"

// Segments as (offset, length, byte) triples. However they come, the run holds at each place the
// byte that came there first, as a plain array with a mark for each place says; a refused segment
// may be missing, never wrong.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sekimori::StreamHead;
  constexpr std::size_t kSpace = 1024;
  const auto head = std::make_unique<StreamHead>();
  std::array<std::uint8_t, kSpace> first{};
  std::array<bool, kSpace> there{};
  std::vector<std::uint8_t> segment;
  for (std::size_t at = 0; at + 4 <= size; at += 4) {
    const std::size_t offset = (data[at] * 256U + data[at + 1]) % kSpace;
    const std::size_t length = std::min<std::size_t>(1U + data[at + 2], kSpace - offset);
    segment.assign(length, data[at + 3]);
    const auto before = head->run().size();
    const auto added = head->add(static_cast<std::uint32_t>(offset), segment);
    if ((added == StreamHead::Added::more) != (head->run().size() > before)) std::abort();
    if (added == StreamHead::Added::forgotten) continue;
    for (std::size_t i = offset; i < offset + length; ++i) {
      if (!there[i]) first[i] = data[at + 3];
      there[i] = true;
    }
  }
  std::size_t run = 0;
  while (run < kSpace && there[run]) ++run;
  if (head->run().size() != run) std::abort();
  for (std::size_t i = 0; i < run; ++i) {
    if (head->run()[i] != first[i]) std::abort();
  }
  return 0;
}
