#include "core/confine/system_call_filter.h"

#include <cerrno>

namespace sekimori {

void SystemCallFilter::add(std::uint32_t action, const char* name,
                           std::span<const scmp_arg_cmp> conditions) {
  const int number = ::seccomp_syscall_resolve_name(name);
  if (number < 0) return;
  const int status = ::seccomp_rule_add_array(
      context_.get(), action, number, static_cast<unsigned>(conditions.size()), conditions.data());
  if (status != 0) fault_ = status;
}

void SystemCallFilter::allow(std::span<const char* const> names) {
  for (const char* name : names) add(SCMP_ACT_ALLOW, name, {});
}

void SystemCallFilter::kill_on(std::span<const char* const> names) {
  for (const char* name : names) add(SCMP_ACT_KILL_PROCESS, name, {});
}

bool SystemCallFilter::load() {
  if (!context_ || fault_ != 0) {
    errno = context_ ? -fault_ : ENOMEM;
    return false;
  }
  const int status = ::seccomp_load(context_.get());
  errno = -status;
  return status == 0;
}

}  // namespace sekimori
