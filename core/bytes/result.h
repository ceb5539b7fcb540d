#pragma once

#include <cstdint>

#include <tl/expected.hpp>

namespace sekimori {

// Why a run of bytes could not become a value. The set is closed: each fault
// is a counter in the sensor's statistics, so adding one is a format change.
enum class Fault : std::uint8_t {
  truncated,    // the capture stops before the length the sender declared
  malformed,    // the bytes contradict their specification; more would not help
  unsupported,  // legal, and deliberately not decoded here
};
inline constexpr std::size_t kFaultCount = 3;

// Whose header was being read. Also closed, for the same reason.
enum class Layer : std::uint8_t { link, ipv4, ipv6, tcp, udp, tls, quic, record };
inline constexpr std::size_t kLayerCount = 8;

struct Defect {
  Fault fault;
  Layer layer;
  std::uint16_t offset;  // bytes into that header, up to the first byte at fault

  friend bool operator==(const Defect&, const Defect&) = default;
};

// One line to change when every compiler in the build has <expected>.
template <typename T>
using Result = tl::expected<T, Defect>;

}  // namespace sekimori
