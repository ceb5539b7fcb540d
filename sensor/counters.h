#pragma once

#include <array>
#include <cstdint>

#include "core/bytes/result.h"

namespace sekimori {

// Every way a frame can end: frames = tracked + the sum of defects. Nothing vanishes.
struct FrameCounters {
  std::uint64_t frames = 0;
  std::uint64_t wire_bytes = 0;  // as they were on the wire, whatever snaplen kept
  std::uint64_t tracked = 0;
  std::array<std::array<std::uint64_t, kFaultCount>, kLayerCount> defects{};  // [layer][fault]

  void count(Defect defect) noexcept {
    ++defects[static_cast<std::size_t>(defect.layer)][static_cast<std::size_t>(defect.fault)];
  }
  std::uint64_t defect_total() const noexcept {
    std::uint64_t total = 0;
    for (const auto& layer : defects) {
      for (const std::uint64_t count : layer) total += count;
    }
    return total;
  }
};

}  // namespace sekimori
