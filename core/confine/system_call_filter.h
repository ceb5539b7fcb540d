#pragma once

#include <seccomp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>

namespace sekimori {

// Which system calls a process may still make (seccomp(2)). What is not named fails with EPERM: a
// glibc of tomorrow that tries something new falls back.
class SystemCallFilter {
 public:
  SystemCallFilter() : context_{::seccomp_init(SCMP_ACT_ERRNO(EPERM)), ::seccomp_release} {}

  // A name that this architecture does not have is no fault.
  template <typename... Conditions>
  void rule(std::uint32_t action, const char* name, Conditions... conditions) {
    const std::array<scmp_arg_cmp, sizeof...(conditions)> list{conditions...};
    add(action, name, list);
  }
  void allow(std::span<const char* const> names);
  // Calls of use only to somebody who is not us end the process.
  void kill_on(std::span<const char* const> names);
  // From now on and for good, for later threads and children too. False: errno says why.
  bool load();

 private:
  void add(std::uint32_t action, const char* name, std::span<const scmp_arg_cmp> conditions);

  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  int fault_ = 0;
};

// An argument, counted from 0, whose bits under `mask` are `value`; or that is `value`.
inline scmp_arg_cmp masked(unsigned argument, std::uint64_t mask, std::uint64_t value) noexcept {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}
inline scmp_arg_cmp equal(unsigned argument, std::uint64_t value) noexcept {
  return {argument, SCMP_CMP_EQ, value, 0};
}

}  // namespace sekimori
