#pragma once

#include <chrono>
#include <optional>

#include <zmq.hpp>

#include "core/record/transport_message.h"
#include "sensor/ship/publisher.h"

namespace sekimori {

// Asks the preferred collector, while another serves, whether it is there again: by a connection of
// its own and a Hello, which a collector answers without taking anything.
class ReturnProbe {
 public:
  using Clock = std::chrono::steady_clock;

  ReturnProbe(std::chrono::milliseconds interval, std::chrono::milliseconds patience)
      : interval_{interval}, patience_{patience} {}

  // Forgets the present question; the next is asked an interval from now.
  void restart(Clock::time_point now) noexcept;
  // Asks when it is time. True: it welcomed us.
  bool look(Clock::time_point now, const CollectorAddress& collector, const CurveKey& secret_key,
            zmq::context_t& context, const Hello& hello);
  // When to look again.
  Clock::time_point due() const noexcept;

 private:
  std::chrono::milliseconds interval_, patience_;
  Clock::time_point next_{};
  Clock::time_point asked_{};
  std::optional<zmq::socket_t> socket_;
  bool sent_ = false;
};

}  // namespace sekimori
