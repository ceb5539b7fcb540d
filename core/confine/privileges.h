#pragma once

#include <sys/types.h>

#include <cstdint>

namespace sekimori {

// Capabilities by their bits (capability numbers of linux/capability.h).
constexpr std::uint64_t capability_bit(unsigned capability) noexcept {
  return std::uint64_t{1} << capability;
}
struct Capabilities {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
};

// Of the calling thread. False: errno says why.
bool get_capabilities(Capabilities& out) noexcept;
bool set_capabilities(const Capabilities& wanted) noexcept;

// Keeps of what is permitted `permitted`, and of that makes `effective` so; the ambient set is
// emptied. False: errno says why.
bool keep_capabilities(std::uint64_t permitted, std::uint64_t effective) noexcept;

// Needs CAP_SETPCAP, and so only root can; for others the set matters only to an execve.
void drop_bounding_set() noexcept;

// From root to another account and no group but its own. What is permitted stays so until
// keep_capabilities() cuts it down. False: errno says why.
bool become_account(uid_t user, gid_t group) noexcept;

}  // namespace sekimori
