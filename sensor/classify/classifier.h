#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "sensor/classify/classifier_process.h"
#include "sensor/flow/flow_samples.h"

namespace sekimori {

// One shard's classifier: asks in batches and waits for the answers. When the process fails over a
// batch, a fresh one is asked about its flows one by one, so that only the flow that it cannot bear
// stays without a name.
class Classifier {
 public:
  // `process` must outlive it. `number` tells shards apart.
  Classifier(ClassifierProcess& process, std::uint16_t number)
      : process_{process}, number_{number} {}
  ~Classifier();
  Classifier(const Classifier&) = delete;
  Classifier& operator=(const Classifier&) = delete;

  // Puts into each sample that has packets what they are, if they are anything.
  void classify(FlowSamples& samples);

 private:
  enum class Outcome : std::uint8_t { answered, failed, unavailable };
  using Clock = std::chrono::steady_clock;

  void ask(FlowSamples& samples);
  Outcome exchange(FlowSamples& samples);
  Outcome fail(ClassifierProcess::Failure failure);
  bool may_ask();
  void close() noexcept;

  ClassifierProcess& process_;
  std::uint16_t number_;
  int socket_ = -1;
  RequestBatch batch_;
  std::vector<std::size_t> batched_;  // which samples are in it
  ClassifierCounters counters_;       // of this call
  double allowance_ = 0;              // requests, of most_per_second
  std::optional<Clock::time_point> allowed_at_;
};

}  // namespace sekimori
