#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/bytes/result.h"
#include "sensor/decode/fragments.h"

namespace sekimori {

// Every way a frame can end: frames = tracked + fragments + the sum of defects. Nothing vanishes.
struct FrameCounters {
  std::uint64_t frames = 0;
  std::uint64_t wire_bytes = 0;  // as they were on the wire, whatever snaplen kept
  std::uint64_t tracked = 0;     // each a packet of a session
  std::uint64_t packets = 0;     // those packets as they were on the wire: fragments count
  std::uint64_t fragments = 0;   // none of which made its packet whole
  std::array<std::array<std::uint64_t, kFaultCount>, kLayerCount> defects{};  // [layer][fault]
  FragmentCounters joining;  // what became of the fragments, in tunnels too

  void count(Defect defect) noexcept {
    ++defects[static_cast<std::size_t>(defect.layer)][static_cast<std::size_t>(defect.fault)];
  }
  FrameCounters& operator+=(const FrameCounters& more) noexcept {
    frames += more.frames;
    wire_bytes += more.wire_bytes;
    tracked += more.tracked;
    packets += more.packets;
    fragments += more.fragments;
    joining += more.joining;
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
  std::uint64_t defect_total(Fault fault) const noexcept {
    std::uint64_t total = 0;
    for (const auto& layer : defects) total += layer[static_cast<std::size_t>(fault)];
    return total;
  }
};

// "12 frames, 3 of them not decoded (1 malformed, 2 of what is not read here)": what a report
// begins with.
std::string describe(const FrameCounters& counters);

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
