#include "core/confine/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace sekimori {

// The kernel takes the 64 bits in two halves.
bool get_capabilities(Capabilities& out) noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return false;
  out.effective = data[0].effective | std::uint64_t{data[1].effective} << 32U;
  out.permitted = data[0].permitted | std::uint64_t{data[1].permitted} << 32U;
  return true;
}

bool set_capabilities(const Capabilities& wanted) noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  for (std::size_t half = 0; half < 2; ++half) {
    data[half].effective = static_cast<std::uint32_t>(wanted.effective >> (32 * half));
    data[half].permitted = static_cast<std::uint32_t>(wanted.permitted >> (32 * half));
  }
  return ::syscall(SYS_capset, &header, data.data()) == 0;
}

bool keep_capabilities(std::uint64_t permitted, std::uint64_t effective) noexcept {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  Capabilities now;
  if (!get_capabilities(now)) return false;
  const std::uint64_t kept = now.permitted & permitted;
  return set_capabilities({kept & effective, kept});
}

void drop_bounding_set() noexcept {
  for (unsigned capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
}

bool become_account(uid_t user, gid_t group) noexcept {
  return ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && ::setgroups(0, nullptr) == 0 &&
         ::setresgid(group, group, group) == 0 && ::setresuid(user, user, user) == 0;
}

}  // namespace sekimori
