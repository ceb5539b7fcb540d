#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

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
  FrameCounters& operator+=(const FrameCounters& more) noexcept {
    frames += more.frames;
    wire_bytes += more.wire_bytes;
    tracked += more.tracked;
    for (std::size_t layer = 0; layer < kLayerCount; ++layer) {
      for (std::size_t fault = 0; fault < kFaultCount; ++fault) {
        defects[layer][fault] += more.defects[layer][fault];
      }
    }
    return *this;
  }
  std::uint64_t defect_total() const noexcept {
    std::uint64_t total = 0;
    for (const auto& layer : defects) {
      for (const std::uint64_t count : layer) total += count;
    }
    return total;
  }
};

// What became of one interface's frames: passed the filter = received + kernel_drops + those still
// in the ring.
struct InterfaceCounters {
  std::string name;
  std::uint64_t received = 0;         // read from the rings
  std::uint64_t passed_filter = 0;    // by the kernel's count
  std::uint64_t kernel_drops = 0;     // a ring was full
  std::uint64_t interface_drops = 0;  // by the network card or its driver, as it tells
  std::uint64_t queue_drops = 0;      // of the received: the thread that tracks flows fell behind
  std::uint64_t missed_ms = 0;        // milliseconds in which the interface was down or not there

  // All but the name.
  InterfaceCounters& operator+=(const InterfaceCounters& more) noexcept {
    received += more.received;
    passed_filter += more.passed_filter;
    kernel_drops += more.kernel_drops;
    interface_drops += more.interface_drops;
    queue_drops += more.queue_drops;
    missed_ms += more.missed_ms;
    return *this;
  }
  std::uint64_t drops() const noexcept { return kernel_drops + interface_drops + queue_drops; }
};

}  // namespace sekimori
