#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "collector/join/joiner.h"
#include "tests/unit/collector/join/joining.h"

namespace sekimori {
namespace {

using namespace std::chrono_literals;
using testing::SizeIs;

// The specification once more, without indexes, memory or time.
JoinOutcome reference(const Claim& said, const std::vector<SessionRecord>& records,
                      std::vector<int>& expected) {
  std::vector<std::pair<std::pair<std::int64_t, std::int64_t>, int>> fitting;
  for (const SessionRecord& record : records) {
    if (record.client.ip != said.ip) continue;
    if (said.port && said.port != record.client.port) continue;
    if (said.server_ip && *said.server_ip != record.server.ip) continue;
    const std::int64_t before = (record.start - said.time).count();
    const std::int64_t after = (said.time - record.end).count();
    const std::int64_t outside = std::max({before, after, std::int64_t{0}});
    if (outside > std::chrono::nanoseconds{5s}.count()) continue;
    fitting.push_back({{outside, std::abs(after)}, record.id.bytes[15]});
  }
  std::sort(fitting.begin(), fitting.end());
  for (const auto& [nearness, id] : fitting) {
    if (!said.port || nearness == fitting[0].first) expected.push_back(id);
  }
  std::sort(expected.begin(), expected.end());
  if (expected.empty()) return JoinOutcome::no_evidence;
  return expected.size() == 1 ? JoinOutcome::matched : JoinOutcome::ambiguous;
}

// Random sessions and claims of few addresses, ports and moments, in random order: starts before
// or after their ends, claims before or after both, time passing in between.
TEST(Joiner, AgreesWithTheReferenceInAnyOrder) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    const auto pick = [&random](int below) {
      return std::uniform_int_distribution<int>{0, below - 1}(random);
    };
    std::vector<SessionRecord> ends, events;
    for (std::uint8_t id = 1; id <= 12; ++id) {
      const std::chrono::seconds start{pick(60)};
      SessionRecord record = session(id, start, start + std::chrono::seconds{pick(30)});
      record.client.ip = ip(pick(2) == 0 ? "192.0.2.1" : "2001:db8::1");
      record.client.port = static_cast<std::uint16_t>(50000 + pick(3));
      record.server.ip = ip(pick(2) == 0 ? "198.51.100.1" : "198.51.100.2");
      ends.push_back(record);
      events.push_back(record);
      if (pick(2) == 0) continue;
      record.type = EventType::start;
      record.end = record.start;
      events.push_back(record);
    }
    std::vector<Claim> claims;
    for (int id = 0; id < 12; ++id) {
      Claim said = claim(std::to_string(100 + id), std::chrono::seconds{pick(80)});
      if (pick(2) == 0) said.ip = ip("2001:db8::1");
      said.port = static_cast<std::uint16_t>(50000 + pick(3));
      if (pick(3) == 0) said.port.reset();
      if (pick(3) == 0) said.server_ip = ip("198.51.100.1");
      claims.push_back(said);
    }
    std::vector<std::size_t> order(events.size() + claims.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (const AnswerPolicy policy : {AnswerPolicy::once, AnswerPolicy::early}) {
      std::shuffle(order.begin(), order.end(), random);
      Joiner joiner{settings(policy)};
      std::map<std::string, std::vector<Observation>> answers;
      const auto take = [&answers](const std::vector<Observation>& more) {
        for (const Observation& answer : more) answers[answer.claim.id].push_back(answer);
      };
      for (std::size_t step = 0; step < order.size(); ++step) {
        if (order[step] < events.size()) {
          joiner.on_session(events[order[step]]);
        } else {
          joiner.on_claim(claims[order[step] - events.size()]);
        }
        take(joiner.advance(at(std::chrono::seconds{10 * step})));  // within everyone's patience
      }
      take(joiner.advance(at(30min)));
      take(joiner.finish());
      ASSERT_EQ(answers.size(), claims.size());
      for (const Claim& said : claims) {
        std::vector<int> expected;
        const JoinOutcome outcome = reference(said, ends, expected);
        const std::vector<Observation>& given = answers[said.id];
        if (policy == AnswerPolicy::once) {
          ASSERT_THAT(given, SizeIs(1)) << said.id;
        }
        ASSERT_EQ(given.back().outcome, outcome) << said.id;
        if (expected.size() > kCandidateLimit) expected.resize(kCandidateLimit);
        ASSERT_EQ(ids(given.back()), expected) << said.id;
      }
      ASSERT_EQ(answered(joiner.counters()), claims.size());
    }
  }
}

}  // namespace
}  // namespace sekimori
