#include <zstd.h>
#include <zstd_errors.h>

#include "core/record/codec.h"

namespace sekimori {
namespace {

constexpr int kLevel = 1;

tl::unexpected<Defect> refuse(Fault fault) {
  return tl::unexpected{Defect{fault, Layer::record, 0}};
}

}  // namespace

std::vector<std::uint8_t> compress(Bytes bytes) {
  std::vector<std::uint8_t> frame(ZSTD_compressBound(bytes.size()));
  const std::size_t size =
      ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), kLevel);
  // Fails only for want of memory or room, and the bound is room enough.
  frame.resize(ZSTD_isError(size) != 0U ? 0 : size);
  return frame;
}

Result<std::vector<std::uint8_t>> decompress(Bytes frame, std::size_t limit) {
  const std::size_t whole = ZSTD_findFrameCompressedSize(frame.data(), frame.size());
  if (ZSTD_isError(whole) != 0U) {
    const bool cut = ZSTD_getErrorCode(whole) == ZSTD_error_srcSize_wrong;
    return refuse(cut ? Fault::truncated : Fault::malformed);
  }
  if (whole != frame.size()) return refuse(Fault::malformed);
  const unsigned long long declared = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (declared == ZSTD_CONTENTSIZE_ERROR || declared == ZSTD_CONTENTSIZE_UNKNOWN) {
    return refuse(Fault::malformed);
  }
  if (declared > limit) return refuse(Fault::unsupported);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(declared));
  const std::size_t size = ZSTD_decompress(bytes.data(), bytes.size(), frame.data(), frame.size());
  if (size != bytes.size()) return refuse(Fault::malformed);
  return bytes;
}

}  // namespace sekimori
