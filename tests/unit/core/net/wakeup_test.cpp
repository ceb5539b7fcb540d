#include "core/net/wakeup.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <csignal>
#include <thread>

namespace sekimori {
namespace {

bool readable(const Wakeup& wakeup) {
  pollfd item{wakeup.descriptor(), POLLIN, 0};
  return ::poll(&item, 1, 0) == 1;
}

TEST(Wakeup, StaysReadableUntilCleared) {
  const Wakeup wakeup;
  ASSERT_TRUE(wakeup.good());
  EXPECT_FALSE(readable(wakeup));
  wakeup.ring();
  wakeup.ring();
  EXPECT_TRUE(readable(wakeup));
  EXPECT_TRUE(readable(wakeup));
  wakeup.clear();
  EXPECT_FALSE(readable(wakeup));
  wakeup.clear();  // must not block
}

TEST(Wakeup, BlocksSignalsInItsThreadAlone) {
  const auto blocks = [] {
    sigset_t set;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &set);
    return ::sigismember(&set, SIGTERM) == 1;
  };
  bool there = false;
  std::thread{[&] {
    block_signals();
    there = blocks();
  }}.join();
  EXPECT_TRUE(there);
  EXPECT_FALSE(blocks());
}

}  // namespace
}  // namespace sekimori
