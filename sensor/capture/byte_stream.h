#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sensor/capture/packet_source.h"

namespace sekimori {

// The bytes of a file, a pipe or memory from front to back, gunzipped when they begin like gzip.
// Read in pieces rather than mapped: a file that shrinks while it is read ends early instead of
// killing the program, and a pipe is no other case.
class ByteStream {
 public:
  // What peek() can be asked for: a frame of kMaxFrameSize and what surrounds it in a pcapng block.
  static constexpr std::size_t kMaxPeek = std::size_t{512} * 1024;  // bytes

  // `path` "-" is standard input.
  static Loaded<ByteStream> open(const std::string& path);
  // Over bytes that outlive the stream.
  static ByteStream over(Bytes bytes);

  ByteStream(ByteStream&& other) noexcept;
  ByteStream& operator=(ByteStream&& other) noexcept;
  ~ByteStream();

  // The next bytes in one piece: `count` of them, or more, or all that are left. Borrowed until the
  // next call of peek() or skip().
  Bytes peek(std::size_t count) noexcept {
    if (window_.size() < count) fill(count);
    return window_;
  }

  // Leaves `count` bytes behind; what comes back is how many there were.
  std::uint64_t skip(std::uint64_t count) noexcept;

  std::uint64_t offset() const noexcept { return offset_; }  // bytes left behind, decompressed
  // Why the stream ended before its end: a read error or broken gzip data. Empty when it did not.
  const std::string& trouble() const noexcept { return trouble_; }
  Progress progress() const noexcept;

 private:
  struct Inflater;

  ByteStream();
  void start_inflating();  // what raw_ holds
  void fill(std::size_t count) noexcept;
  // Each appends to `into` and yields how many bytes; 0 at the end.
  std::size_t read_raw(std::span<std::uint8_t> into) noexcept;
  std::size_t read_inflated(std::span<std::uint8_t> into) noexcept;

  int descriptor_ = -1;
  Bytes raw_;                        // read, not yet inflated
  std::vector<std::uint8_t> taken_;  // what raw_ lies in when it comes from a file
  std::unique_ptr<Inflater> inflater_;
  std::vector<std::uint8_t> buffer_;
  Bytes window_;  // what can be peeked without reading: in buffer_, or memory it is over
  std::uint64_t offset_ = 0;
  std::uint64_t raw_read_ = 0;   // bytes of the file as stored
  std::uint64_t raw_total_ = 0;  // 0: not a regular file
  bool ended_ = false;
  std::string trouble_;
};

}  // namespace sekimori
