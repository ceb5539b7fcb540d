#pragma once

#include <cstdint>

#include "core/text/complaint.h"
#include "sensor/capture/packet_view.h"

namespace sekimori {

// What came of asking a source for a frame.
enum class Next : std::uint8_t {
  frame,   // there is one
  idle,    // none within the source's patience; ask again (live sources only)
  end,     // there will be none; everything was read
  failed,  // there will be none; complaint() says why, and all frames before it were good
};

// How far a source has come, in bytes of the file as it is stored (compressed, if it is).
struct Progress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;  // 0 where the end cannot be known: a pipe, an interface
};

// Where frames come from. `end` and `failed` are final: every later call answers the same.
class PacketSource {
 public:
  PacketSource() = default;
  PacketSource(const PacketSource&) = delete;
  PacketSource& operator=(const PacketSource&) = delete;
  PacketSource(PacketSource&&) = delete;
  PacketSource& operator=(PacketSource&&) = delete;
  virtual ~PacketSource() = default;

  // Fills `frame`, whose bytes the source owns until the next call, only when it answers `frame`.
  virtual Next next(PacketView& frame) noexcept = 0;

  // Why next() failed; empty before that.
  virtual const Complaint& complaint() const noexcept = 0;

  virtual Progress progress() const noexcept = 0;
};

}  // namespace sekimori
