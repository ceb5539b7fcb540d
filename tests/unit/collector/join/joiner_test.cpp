#include "collector/join/joiner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/collector/join/joining.h"

namespace sekimori {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct Case {
  std::string_view what;
  std::vector<SessionRecord> sessions;
  Claim said;
  JoinOutcome outcome;
  std::vector<int> expected;
};

SessionRecord changed(SessionRecord record, const std::function<void(SessionRecord&)>& change) {
  change(record);
  return record;
}

Claim changed(Claim said, const std::function<void(Claim&)>& change) {
  change(said);
  return said;
}

std::vector<Case> cases() {
  const auto other_port = [](SessionRecord& record) { record.client.port = 50001; };
  const auto other_server = [](SessionRecord& record) { record.server.ip = ip("198.51.100.2"); };
  const auto other_client = [](SessionRecord& record) { record.client.ip = ip("192.0.2.2"); };
  const SessionRecord ten = session(1, 10s, 20s);
  return {
      {"inside", {ten}, claim("c", 15s), JoinOutcome::matched, {1}},
      {"as early as allowed", {ten}, claim("c", 5s), JoinOutcome::matched, {1}},
      {"too early", {ten}, claim("c", 5s - 1ns), JoinOutcome::no_evidence, {}},
      {"as late as allowed", {ten}, claim("c", 25s), JoinOutcome::matched, {1}},
      {"too late", {ten}, claim("c", 25s + 1ns), JoinOutcome::no_evidence, {}},
      {"no session at all", {}, claim("c", 15s), JoinOutcome::no_evidence, {}},
      {"another port", {changed(ten, other_port)}, claim("c", 15s), JoinOutcome::no_evidence, {}},
      {"another client",
       {changed(ten, other_client)},
       claim("c", 15s),
       JoinOutcome::no_evidence,
       {}},
      {"another client, no port said",
       {changed(ten, other_client)},
       claim("c", 15s, std::nullopt),
       JoinOutcome::no_evidence,
       {}},
      {"the server that was said",
       {ten, changed(session(2, 10s, 15s), other_server)},
       changed(claim("c", 15s), [](Claim& c) { c.server_ip = ip("198.51.100.1"); }),
       JoinOutcome::matched,
       {1}},
      {"another server's port",
       {ten},
       changed(claim("c", 15s), [](Claim& c) { c.server_port = 80; }),
       JoinOutcome::no_evidence,
       {}},
      {"one without a port", {ten}, claim("c", 15s, std::nullopt), JoinOutcome::matched, {1}},
      {"two without a port",
       {changed(session(2, 1s, 60s), other_port), ten},
       claim("c", 15s, std::nullopt),
       JoinOutcome::ambiguous,
       {1, 2}},
      {"two without a port, one of another time",
       {changed(session(2, 21s, 60s), other_port), ten},
       claim("c", 15s, std::nullopt),
       JoinOutcome::matched,
       {1}},
      {"a port used again: the session that contains the claim",
       {session(1, 0s, 10s), session(2, 12s, 100s)},
       claim("c", 12s),
       JoinOutcome::matched,
       {2}},
      {"a port used again: the nearer of two that do not",
       {session(1, 0s, 10s), session(2, 14s, 100s)},
       claim("c", 11s),
       JoinOutcome::matched,
       {1}},
      {"two that contain it: the nearest last packet",
       {session(1, 0s, 100s), changed(session(2, 0s, 30s), other_server)},
       claim("c", 20s),
       JoinOutcome::matched,
       {2}},
      {"two that are equally near",
       {session(1, 0s, 30s), changed(session(2, 5s, 30s), other_server)},
       claim("c", 20s),
       JoinOutcome::ambiguous,
       {1, 2}},
      {"an open session has no last packet yet",
       {session(1, 0s, 1s, EventType::start)},
       claim("c", 3h),
       JoinOutcome::matched,
       {1}},
      {"the end supersedes the start",
       {session(1, 0s, 1s, EventType::start), session(1, 0s, 100s)},
       claim("c", 3h),
       JoinOutcome::no_evidence,
       {}},
      {"a start after its end is old news",
       {session(1, 0s, 100s), session(1, 0s, 1s, EventType::start)},
       claim("c", 3h),
       JoinOutcome::no_evidence,
       {}},
      {"received while it is remembered",
       {ten},
       changed(claim("c", 15s), [](Claim& c) { c.received = c.time + 60min; }),
       JoinOutcome::matched,
       {1}},
      {"received when it is forgotten",
       {ten},
       changed(claim("c", 15s), [](Claim& c) { c.received = c.time + 60min + 1ns; }),
       JoinOutcome::late,
       {}},
      {"a proxy's own session",
       {changed(ten, [](SessionRecord& record) { record.path = Path::l7; })},
       claim("c", 15s),
       JoinOutcome::claims_only,
       {}},
      {"a listener without packets",
       {ten},
       changed(claim("c", 15s), [](Claim& c) { c.server_ip = ip("203.0.113.7"); }),
       JoinOutcome::claims_only,
       {}},
      {"no ports, no request",
       {changed(ten, [](SessionRecord& record) { record.client.port.reset(); })},
       claim("c", 15s, std::nullopt),
       JoinOutcome::no_evidence,
       {}},
  };
}

// Claims first or records first, one answer per claim or early ones: the last word is the same.
TEST(Joiner, EndsEveryClaimInOneOutcome) {
  for (const Case& row : cases()) {
    for (const AnswerPolicy policy : {AnswerPolicy::once, AnswerPolicy::early}) {
      for (const bool claims_first : {false, true}) {
        SCOPED_TRACE(testing::Message() << row.what << (claims_first ? ", claim first" : "")
                                        << (policy == AnswerPolicy::early ? ", early" : ""));
        JoinSettings chosen = settings(policy);
        chosen.packetless = {{ip("203.0.113.7"), std::nullopt}};
        Joiner joiner{chosen};
        std::vector<Observation> answers;
        const auto take = [&answers](std::vector<Observation> more) {
          answers.insert(answers.end(), more.begin(), more.end());
        };
        if (claims_first) joiner.on_claim(row.said);
        for (const SessionRecord& record : row.sessions) {
          joiner.on_session(record);
          take(joiner.advance(at(0s)));
        }
        if (!claims_first) joiner.on_claim(row.said);
        take(joiner.advance(at(4h)));
        take(joiner.finish());
        ASSERT_FALSE(answers.empty());
        if (policy == AnswerPolicy::once) {
          EXPECT_THAT(answers, SizeIs(1));
        }
        EXPECT_EQ(answers.back().outcome, row.outcome);
        EXPECT_EQ(ids(answers.back()), row.expected);
        EXPECT_EQ(joiner.counters().outcomes[static_cast<std::size_t>(row.outcome)], 1U);
        EXPECT_EQ(answered(joiner.counters()), 1U);
      }
    }
  }
}

TEST(Joiner, WaitsForTheRecordAsLongAsItsPatience) {
  Joiner joiner{settings(AnswerPolicy::once)};
  joiner.on_claim(claim("c", 15s));
  EXPECT_THAT(joiner.advance(at(15s + 10min - 1ns)), IsEmpty());
  joiner.on_session(session(1, 10s, 20s));
  const auto answers = joiner.advance(at(15s + 10min));
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].outcome, JoinOutcome::matched);
  EXPECT_THAT(joiner.finish(), IsEmpty());
}

TEST(Joiner, WaitsForAnOpenSessionToEndWhenItMayAnswerOnlyOnce) {
  Joiner joiner{settings(AnswerPolicy::once)};
  joiner.on_session(session(1, 10s, 11s, EventType::start));
  joiner.on_claim(claim("c", 15s));
  EXPECT_THAT(joiner.advance(at(1h)), IsEmpty());
  joiner.on_session(session(1, 10s, 3600s));
  const auto answers = joiner.advance(at(1h));
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].sessions[0].type, EventType::end);
}

TEST(Joiner, AnswersEarlyAndSupersedesWithTheEnd) {
  Joiner joiner{settings(AnswerPolicy::early)};
  joiner.on_claim(claim("c", 15s));
  EXPECT_THAT(joiner.advance(at(15s)), IsEmpty());
  joiner.on_session(session(1, 10s, 11s, EventType::start));
  auto answers = joiner.advance(at(16s));
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].sessions[0].type, EventType::start);
  EXPECT_THAT(joiner.advance(at(2h)), IsEmpty());  // nothing new
  joiner.on_session(session(1, 10s, 7200s));
  answers = joiner.advance(at(2h));
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].sessions[0].type, EventType::end);
  EXPECT_EQ(joiner.counters().outcomes[static_cast<std::size_t>(JoinOutcome::matched)], 1U);
}

TEST(Joiner, TakesAnAnswerBackWhenTheSessionHadEndedBefore) {
  Joiner joiner{settings(AnswerPolicy::early)};
  joiner.on_session(session(1, 10s, 11s, EventType::start));
  joiner.on_claim(claim("c", 1h));
  EXPECT_THAT(joiner.advance(at(2h)), SizeIs(1));
  joiner.on_session(session(1, 10s, 20s));
  const auto answers = joiner.advance(at(2h));
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].outcome, JoinOutcome::no_evidence);
  EXPECT_EQ(answered(joiner.counters()), 1U);
}

TEST(Joiner, KnowsTheSameThingTwiceAsOne) {
  Joiner joiner{settings(AnswerPolicy::once)};
  joiner.on_session(session(1, 10s, 20s));
  joiner.on_session(session(1, 10s, 20s));
  joiner.on_claim(claim("c", 15s));
  joiner.on_claim(claim("c", 15s));
  EXPECT_THAT(joiner.advance(at(1h)), SizeIs(1));
  joiner.on_claim(claim("c", 15s));
  EXPECT_THAT(joiner.finish(), IsEmpty());
  EXPECT_EQ(joiner.counters().duplicate_sessions, 1U);
  EXPECT_EQ(joiner.counters().duplicate_claims, 2U);
  EXPECT_EQ(joiner.counters().claims, 1U);
}

TEST(Joiner, AnswersInOrderOfClaimTimeThenId) {
  Joiner joiner{settings(AnswerPolicy::once)};
  for (const auto& [id, time] : {std::pair{"b", 2s}, {"z", 1s}, {"a", 2s}}) {
    joiner.on_claim(claim(id, time));
  }
  std::vector<std::string> order;
  for (const Observation& answer : joiner.finish()) order.push_back(answer.claim.id);
  EXPECT_THAT(order, ElementsAre("z", "a", "b"));
}

TEST(Joiner, ForgetsByAgeAndSaysLateWhenTheTimeIsGone) {
  Joiner joiner{settings(AnswerPolicy::once)};
  joiner.on_session(session(1, 10s, 20s));
  joiner.advance(at(20s));
  joiner.advance(at(20s + 60min + 9s));
  EXPECT_EQ(joiner.counters().forgotten_sessions, 0U);
  joiner.advance(at(20s + 60min + 10s));
  EXPECT_EQ(joiner.counters().forgotten_sessions, 1U);
  joiner.on_claim(claim("gone", 25s));
  joiner.on_claim(claim("after", 25s + 1ns));
  const auto answers = joiner.finish();
  ASSERT_THAT(answers, SizeIs(2));
  EXPECT_EQ(answers[0].outcome, JoinOutcome::late);
  EXPECT_EQ(answers[1].outcome, JoinOutcome::no_evidence);
}

TEST(Joiner, RemembersAnOldCaptureFromItsArrival) {
  Joiner joiner{settings(AnswerPolicy::once)};
  joiner.advance(at(24h * 365));
  joiner.on_session(session(1, 10s, 20s));
  joiner.advance(at(24h * 365 + 30min));
  joiner.on_claim(claim("c", 15s));
  const auto answers = joiner.advance(at(24h * 365 + 40min));
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].outcome, JoinOutcome::matched);
}

TEST(Joiner, AnswersWhatItMustForgetForWantOfRoom) {
  JoinSettings chosen = settings(AnswerPolicy::once);
  chosen.session_capacity = 2;
  Joiner joiner{chosen};
  joiner.on_claim(claim("c", 15s));
  joiner.on_session(session(1, 10s, 20s));
  joiner.on_session(session(2, 30s, 40s));
  joiner.on_session(session(3, 50s, 60s));
  const auto answers = joiner.advance(at(60s));
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(ids(answers[0]), std::vector<int>{1});
  EXPECT_EQ(joiner.counters().evicted_sessions, 1U);
  EXPECT_EQ(joiner.counters().hurried_claims, 1U);
}

TEST(Joiner, AnswersTheOldestClaimWhenTooManyWait) {
  JoinSettings chosen = settings(AnswerPolicy::once);
  chosen.claim_capacity = 2;
  chosen.id_capacity = 2;
  Joiner joiner{chosen};
  for (const auto& [id, time] : {std::pair{"b", 2s}, {"a", 1s}, {"c", 3s}}) {
    joiner.on_claim(claim(id, time));
  }
  const auto answers = joiner.advance(at(3s));
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].claim.id, "a");
  EXPECT_EQ(joiner.counters().hurried_claims, 1U);
  joiner.on_claim(claim("b", 2s));  // its id went, the claim itself still waits
  EXPECT_EQ(joiner.counters().duplicate_claims, 1U);
}

TEST(Joiner, NamesAFewCandidatesAndBoundsTheSearch) {
  Joiner joiner{settings(AnswerPolicy::early)};
  for (std::uint16_t port = 1; port <= 1500; ++port) {
    SessionRecord record = session(0, 10s, 20s);
    record.id.bytes[0] = static_cast<std::uint8_t>(port >> 8U);
    record.id.bytes[1] = static_cast<std::uint8_t>(port);
    record.client.port = port;
    joiner.on_session(record);
  }
  joiner.on_claim(claim("c", 15s, std::nullopt));
  const auto answers = joiner.finish();
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].outcome, JoinOutcome::ambiguous);
  EXPECT_THAT(answers[0].sessions, SizeIs(kCandidateLimit));
  EXPECT_EQ(joiner.counters().scans_cut, 1U);
}

TEST(Joiner, TakesNoSessionFromOutsideTheCalendar) {
  Joiner joiner{settings(AnswerPolicy::once)};
  SessionRecord record = session(1, 10s, 20s);
  record.start = Timestamp::min();
  joiner.on_session(record);
  record = session(2, 10s, 20s);
  record.end = Timestamp::max();
  joiner.on_session(record);
  joiner.on_session(session(3, 20s, 10s));
  joiner.on_claim(claim("c", 15s));
  joiner.advance(Timestamp::max());
  EXPECT_EQ(joiner.counters().unjoinable_sessions, 3U);
}

TEST(Joiner, RemembersNoAttemptThatCameToNothing) {
  struct Attempt {
    std::string_view what;
    std::uint64_t client_packets, client_bytes, server_packets;
    JoinOutcome outcome;
  };
  for (const Attempt& one :
       {Attempt{"a SYN", 1, 60, 0, JoinOutcome::no_evidence},
        Attempt{"a SYN, repeated", 6, 360, 0, JoinOutcome::no_evidence},
        Attempt{"an answer that the client never took up", 1, 60, 5, JoinOutcome::no_evidence},
        Attempt{"one direction is mirrored", 6, 1200, 0, JoinOutcome::matched},
        Attempt{"a SYN with data (RFC 7413)", 1, 600, 3, JoinOutcome::matched},
        Attempt{"a short request", 4, 240, 4, JoinOutcome::matched}}) {
    SCOPED_TRACE(one.what);
    SessionRecord record = session(1, 10s, 20s);
    record.syn.ttl = 57;
    record.client.packets = one.client_packets;
    record.client.bytes = one.client_bytes;
    record.server.packets = one.server_packets;
    Joiner joiner{settings(AnswerPolicy::once)};
    joiner.on_session(record);
    joiner.on_claim(claim("c", 15s));
    joiner.advance(at(1h));
    EXPECT_EQ(joiner.counters().outcomes.at(static_cast<std::size_t>(one.outcome)), 1U);
  }
}

}  // namespace
}  // namespace sekimori
