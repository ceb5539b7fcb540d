#include "collector/arrivals.h"

#include <iterator>
#include <utility>

namespace sekimori {

bool Arrivals::has_room() const {
  const std::lock_guard lock{mutex_};
  return open_ && waiting_.sessions.size() < kSessionCapacity &&
         waiting_.claims.size() < kClaimCapacity;
}

void Arrivals::put(const std::vector<SessionRecord>& sessions) {
  const std::lock_guard lock{mutex_};
  note_first();
  waiting_.sessions.insert(waiting_.sessions.end(), sessions.begin(), sessions.end());
  came_.notify_one();
}

void Arrivals::put(std::vector<Claim> claims) {
  const std::lock_guard lock{mutex_};
  note_first();
  waiting_.claims.insert(waiting_.claims.end(), std::make_move_iterator(claims.begin()),
                         std::make_move_iterator(claims.end()));
  came_.notify_one();
}

Arrivals::Taken Arrivals::take(std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  came_.wait_for(lock, patience,
                 [this] { return !waiting_.sessions.empty() || !waiting_.claims.empty(); });
  return std::exchange(waiting_, {});
}

void Arrivals::note_first() {
  if (waiting_.sessions.empty() && waiting_.claims.empty()) {
    first_came_ = std::chrono::steady_clock::now();
  }
}

Arrivals::Waiting Arrivals::waiting() const {
  const std::lock_guard lock{mutex_};
  Waiting waiting{waiting_.sessions.size(), waiting_.claims.size(), {}};
  if (waiting.sessions + waiting.claims > 0) {
    waiting.age = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - first_came_);
  }
  return waiting;
}

void Arrivals::set_open(bool open) {
  const std::lock_guard lock{mutex_};
  open_ = open;
}

}  // namespace sekimori
