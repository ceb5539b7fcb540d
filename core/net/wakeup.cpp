#include "core/net/wakeup.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

namespace sekimori {

Wakeup::Wakeup() noexcept : descriptor_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}

Wakeup::~Wakeup() {
  if (good()) ::close(descriptor_);
}

// Neither can fail in a way that matters: a full counter is readable, an empty one is clear.
void Wakeup::ring() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
}

void Wakeup::clear() const noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(descriptor_, &count, sizeof count);
}

void block_signals() noexcept {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace sekimori
