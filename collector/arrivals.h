#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

#include "collector/receive/claim.h"
#include "core/record/session_record.h"

namespace sekimori {

// What has been committed and waits to be judged. Many threads put, one takes. A put never waits:
// whoever puts asks for room before committing, and whoever has committed may put.
class Arrivals {
 public:
  // Together some 350 MB: sessions of a busy minute. Beyond, sensors keep their batches and claims
  // are answered with 503.
  static constexpr std::size_t kSessionCapacity = 100'000;
  static constexpr std::size_t kClaimCapacity = 100'000;

  struct Taken {
    std::vector<SessionRecord> sessions;
    std::vector<Claim> claims;
  };

  bool has_room() const;
  void put(const std::vector<SessionRecord>& sessions);
  void put(std::vector<Claim> claims);
  // What has come, at once; else after `patience` nothing. Sessions in order, claims in order.
  Taken take(std::chrono::milliseconds patience);
  struct Waiting {
    std::size_t sessions = 0, claims = 0;
    std::chrono::milliseconds age{0};  // of the first of them; 0: none
  };
  Waiting waiting() const;
  // Whether anything may be let in at all; off while verdicts cannot be kept.
  void set_open(bool open);

 private:
  mutable std::mutex mutex_;
  std::condition_variable came_;
  void note_first();

  Taken waiting_;
  std::chrono::steady_clock::time_point first_came_;  // while something waits
  bool open_ = true;
};

}  // namespace sekimori
