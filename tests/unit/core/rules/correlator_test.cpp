#include "core/rules/correlator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/core/rules/text_pack.h"

namespace sekimori {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr FieldSpec kClaim[] = {{"claim.account", FieldType::text}, {"place", FieldType::text}};
const PackSchemas kSchemas{kClaim, kClaim};
constexpr Timestamp kBegin{std::chrono::sys_days{std::chrono::year{2024} / 3 / 26}};

struct Person {
  std::string account, place;
};

FieldValue read_person(const void* subject, FieldId id, FieldScratch&) noexcept {
  const auto& person = *static_cast<const Person*>(subject);
  const std::string& text = id == 0 ? person.account : person.place;
  return text.empty() ? FieldValue{} : FieldValue{std::string_view{text}};
}

const std::string kRules = named_rule("login", "01", "claim", "claim.account: '*'") +
                           named_rule("other", "02", "claim", "place: '*'");

std::string places(std::string_view more = "", std::string_view span = "1h") {
  return "title: places\nid: 0f8fad5b-d9cb-469f-a165-708677289511\ncorrelation:\n"
         "  type: value_count\n  rules: [login]\n  group-by: [claim.account]\n  timespan: " +
         std::string{span} + "\n  condition: {field: place, gte: 3}\n" + std::string{more} +
         "---\n";
}

class Correlations : public ::testing::Test {
 protected:
  std::shared_ptr<const RulePack> pack(const std::string& text) {
    auto loaded = load_text(text, kSchemas);
    EXPECT_TRUE(loaded) << loaded.error().front().text();
    return std::make_shared<const RulePack>(std::move(*loaded));
  }
  void start(const std::string& text, CorrelatorLimits limits = {}) {
    correlator_ = std::make_unique<Correlator>(pack(text), limits);
  }
  std::span<const CorrelationStep> tell(std::string_view id, int second, const Person& person,
                                        std::vector<std::uint32_t> rules = {0}) {
    const Timestamp time = kBegin + seconds{second};
    return correlator_->observe({Category::claim, id, time, time, {&person, read_person}, rules});
  }
  bool holds(std::string_view id, int second, const Person& person) {
    for (const CorrelationStep& step : tell(id, second, person)) {
      if (step.truth == Truth::yes) return true;
    }
    return false;
  }
  std::unique_ptr<Correlator> correlator_;
};

TEST_F(Correlations, TellsWhatItCounted) {
  start(kRules + places());
  tell("c1", 0, {"a", "JP"});
  tell("c2", 1800, {"a", "CN"});
  EXPECT_FALSE(holds("c3", 1900, {"b", "RU"}));
  const auto steps = tell("c4", 3600, {"a", "RU"});
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].truth, Truth::yes);
  EXPECT_EQ(steps[0].count, 3U);
  EXPECT_THAT(steps[0].group, ElementsAre(Pair("claim.account", "\"a\"")));
  EXPECT_THAT(steps[0].events, ElementsAre("c1", "c2", "c4"));
  EXPECT_EQ(steps[0].first, kBegin);
  EXPECT_EQ(steps[0].last, kBegin + hours{1});
  EXPECT_EQ(correlator_->counters(0).events, 4U);
  EXPECT_EQ(correlator_->counters(0).held, 1U);
}

TEST_F(Correlations, CountsOnceWhatComesTwice) {
  start(kRules + places());
  tell("c1", 0, {"a", "JP"});
  tell("c2", 1, {"a", "CN"});
  EXPECT_FALSE(holds("c2", 1, {"a", "CN"}));
  // A better answer to the same claim takes the place of the first.
  EXPECT_FALSE(holds("c2", 1, {"a", "RU"}));
  EXPECT_EQ(correlator_->events(), 2U);
  EXPECT_TRUE(holds("c3", 2, {"a", "CN"}));
  EXPECT_FALSE(holds("c3", 2, {"b", "CN"}));  // another account after all
  EXPECT_FALSE(holds("c4", 3, {"a", "RU"}));
  tell("c1", 0, {"a", "JP"}, {});  // no rule matches any more
  EXPECT_EQ(correlator_->events(), 3U);
}

TEST_F(Correlations, GuessesNoGroup) {
  start(kRules + places());
  for (const char* id : {"c1", "c2", "c3"}) {
    const auto steps = tell(id, 0, {"", id});
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(steps[0].truth, Truth::unknown);
    EXPECT_EQ(steps[0].missing, "claim.account");
  }
  EXPECT_EQ(tell("c4", 0, {"a", ""})[0].missing, "place");
  EXPECT_THAT(correlator_->counters(0).undecided,
              ElementsAre(Pair("claim.account", 3U), Pair("place", 1U)));
  EXPECT_EQ(correlator_->events(), 0U);
}

TEST_F(Correlations, ItDoesNotMatterWhichEventIsKnownFirst) {
  std::mt19937 dice{1};
  struct Event {
    std::string id;
    int second;
    Person person;
  };
  int held = 0;
  for (int round = 0; round < 40; ++round) {
    std::vector<Event> events;
    for (int at = 0; at < 8; ++at) {
      events.push_back({"c" + std::to_string(at),
                        static_cast<int>(dice() % 9000),
                        {std::string(1, static_cast<char>('a' + dice() % 2)),
                         std::string(1, static_cast<char>('A' + dice() % 4))}});
    }
    const auto whether = [&] {
      start(kRules + places());
      bool any = false;
      for (const Event& event : events) any = holds(event.id, event.second, event.person) || any;
      return any;
    };
    const bool first = whether();
    held += first;
    for (int times = 0; times < 3; ++times) {
      std::shuffle(events.begin(), events.end(), dice);
      ASSERT_EQ(whether(), first) << round;
    }
  }
  EXPECT_GT(held, 5);
  EXPECT_LT(held, 40);
}

TEST_F(Correlations, ForgetsTheGroupThatWasNotTouchedForTheLongest) {
  start(kRules + places(), {.events = 10});
  for (int account = 0; account < 5; ++account) {
    tell("c" + std::to_string(account), account, {"a" + std::to_string(account), "JP"});
    tell("d" + std::to_string(account), account, {"a" + std::to_string(account), "CN"});
  }
  tell("e0", 10, {"a0", "CN"});  // touched again; a1 goes instead
  EXPECT_LE(correlator_->events(), 10U);
  EXPECT_EQ(correlator_->counters(0).forgotten_groups, 1U);
  EXPECT_EQ(correlator_->counters(0).forgotten_events, 2U);
  EXPECT_FALSE(holds("f1", 11, {"a1", "RU"}));
  EXPECT_TRUE(holds("f0", 12, {"a0", "RU"}));
}

TEST_F(Correlations, MemoryIsBoundedWhateverComes) {
  start(kRules + places(), {.events = 500, .group_events = 20});
  std::mt19937 dice{2};
  for (int at = 0; at < 20'000; ++at) {
    const std::string id = "c" + std::to_string(dice() % 3000);
    tell(id, at * 2 + static_cast<int>(dice() % 30'000),
         {"a" + std::to_string(dice() % 50), "p" + std::to_string(dice() % 9)},
         dice() % 9 == 0 ? std::vector<std::uint32_t>{} : std::vector<std::uint32_t>{0, 1});
    ASSERT_LE(correlator_->events(), 500U);
  }
  EXPECT_GT(correlator_->counters(0).forgotten_events, 0U);
  EXPECT_GT(correlator_->counters(0).held, 0U);
}

TEST_F(Correlations, WhatIsPastLeavesWithoutBeingCountedAsForgotten) {
  start(kRules + places());
  for (int day = 0; day < 30; ++day) {
    for (int account = 0; account < 10; ++account) {
      tell(std::to_string(day) + "-" + std::to_string(account), day * 86'400,
           {"a" + std::to_string(day * 10 + account), "JP"});
    }
  }
  EXPECT_LE(correlator_->events(), 20U);
  EXPECT_EQ(correlator_->counters(0).forgotten_groups, 0U);
  tell("old", 0, {"a", "JP"});
  EXPECT_EQ(correlator_->counters(0).late, 1U);
}

// A clock that runs ahead must not make the others' events too old.
TEST_F(Correlations, AWrongDateMovesNoClock) {
  start(kRules + places());
  const Person person{"x", "JP"};
  const std::uint32_t rules[] = {0};
  correlator_->observe({Category::claim,
                        "future",
                        kBegin + hours{24 * 365 * 40},
                        kBegin,
                        {&person, read_person},
                        rules});
  correlator_->observe({Category::claim,
                        "nonsense",
                        Timestamp::max(),
                        Timestamp::max(),
                        {&person, read_person},
                        rules});
  tell("c1", 0, {"a", "JP"});
  tell("c2", 1, {"a", "CN"});
  EXPECT_TRUE(holds("c3", 2, {"a", "RU"}));
  EXPECT_EQ(correlator_->counters(0).late, 1U);
}

TEST_F(Correlations, AnotherPackKeepsWhatDidNotChange) {
  const std::string second =
      "title: often\nid: 0f8fad5b-d9cb-469f-a165-708677289512\ncorrelation:\n"
      "  type: event_count\n  rules: [login]\n  group-by: [claim.account]\n  timespan: 1h\n"
      "  condition: {gte: 3}\n";
  start(kRules + places() + second);
  tell("c1", 0, {"a", "JP"});
  tell("c2", 1, {"a", "CN"});
  EXPECT_EQ(correlator_->events(), 4U);
  // places stays, under another number; often counts to four and begins anew; a third is new.
  std::string changed = second;
  changed.replace(changed.find("gte: 3"), 6, "gte: 4");
  const std::string third =
      "---\ntitle: twice\nid: 0f8fad5b-d9cb-469f-a165-708677289500\ncorrelation:\n"
      "  type: event_count\n  rules: [login]\n  group-by: [place]\n  timespan: 1h\n"
      "  condition: {gte: 2}\n";
  correlator_->replace(pack(kRules + changed + third + "---\n" + places("level: high\n")));
  EXPECT_EQ(correlator_->events(), 2U);
  std::vector<std::string> held;
  for (const CorrelationStep& step : tell("c3", 2, {"a", "RU"})) {
    if (step.truth != Truth::yes) continue;
    held.push_back(correlator_->pack().correlations()[step.correlation].facts.title);
  }
  EXPECT_THAT(held, ElementsAre("places"));
  correlator_->replace(pack(kRules));
  EXPECT_EQ(correlator_->events(), 0U);
}

TEST_F(Correlations, OneRecordIsOneEventHoweverManyRulesMatchIt) {
  start(kRules +
        "title: t\ncorrelation:\n  type: event_count\n  rules: [login, other]\n"
        "  group-by: [claim.account]\n  timespan: 1h\n  condition: {gte: 2}\n");
  const auto steps = tell("c1", 0, {"a", "JP"}, {0, 1});
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].count, 1U);
  EXPECT_EQ(tell("c2", 0, {"a", "JP"}, {1})[0].truth, Truth::yes);
}

}  // namespace
}  // namespace sekimori
