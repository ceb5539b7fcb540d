#include "sensor/classify/classifier.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "sensor/classify/protocol_names.h"

namespace sekimori {

Classifier::~Classifier() {
  close();
}

void Classifier::close() noexcept {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

// A bucket that holds a second's worth.
bool Classifier::may_ask() {
  const double most = process_.limits().most_per_second;
  if (most == 0) return true;
  const Clock::time_point now = Clock::now();
  const std::chrono::duration<double> passed = now - allowed_at_.value_or(Clock::time_point{});
  allowance_ = std::min(most, allowance_ + passed.count() * most);
  allowed_at_ = now;
  if (allowance_ < 1) return false;
  allowance_ -= 1;
  return true;
}

void Classifier::classify(FlowSamples& samples) {
  counters_ = {};
  for (std::size_t at = 0; at < samples.list.size(); ++at) {
    const FlowSample& sample = samples.list[at];
    if (sample.packets == 0) continue;
    ++counters_.asked;
    if (!may_ask()) {
      ++counters_.skipped;
      continue;
    }
    if (!batch_.add(sample, samples.packets_of(sample))) {
      ask(samples);
      (void)batch_.add(sample, samples.packets_of(sample));  // one alone always fits
    }
    batched_.push_back(at);
  }
  if (!batched_.empty()) ask(samples);
  if (counters_.asked > 0) process_.count(counters_);
}

void Classifier::ask(FlowSamples& samples) {
  Outcome outcome = exchange(samples);
  if (outcome == Outcome::failed && batched_.size() > 1) {
    const std::vector<std::size_t> all = batched_;
    for (const std::size_t at : all) {
      batch_.clear();
      batched_.assign(1, at);
      (void)batch_.add(samples.list[at], samples.packets_of(samples.list[at]));
      outcome = exchange(samples);
      counters_.lost += outcome == Outcome::failed ? 1U : 0U;
      counters_.skipped += outcome == Outcome::unavailable ? 1U : 0U;
    }
  } else if (outcome == Outcome::failed) {
    ++counters_.lost;
  } else if (outcome == Outcome::unavailable) {
    counters_.skipped += batched_.size();
  }
  batch_.clear();
  batched_.clear();
}

Classifier::Outcome Classifier::exchange(FlowSamples& samples) {
  if (socket_ < 0) socket_ = process_.open(number_);
  if (socket_ < 0) return Outcome::unavailable;
  using Failure = ClassifierProcess::Failure;
  const Bytes message = batch_.bytes();
  if (::send(socket_, message.data(), message.size(), MSG_NOSIGNAL) < 0) return fail(Failure::died);
  pollfd answer{socket_, POLLIN, 0};
  const auto patience = static_cast<int>(process_.limits().patience.count());
  int ready = 0;
  do {
    ready = ::poll(&answer, 1, patience);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) return fail(Failure::hung);
  std::array<std::uint8_t, kAnswersSize> bytes;
  const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), 0);
  if (size <= 0) return fail(Failure::died);
  const auto names =
      parse_answers(Bytes{bytes}.first(static_cast<std::size_t>(size)), batched_.size(), kNameRows);
  if (!names) return fail(Failure::died);
  for (std::size_t at = 0; at < batched_.size(); ++at) {
    samples.list[batched_[at]].names = (*names)[at];
    counters_.named += (*names)[at].empty() ? 0U : 1U;
  }
  counters_.answered += batched_.size();
  return Outcome::answered;
}

Classifier::Outcome Classifier::fail(ClassifierProcess::Failure failure) {
  close();
  process_.note_failure(number_, failure);
  return Outcome::failed;
}

}  // namespace sekimori
