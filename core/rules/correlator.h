#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/record/field.h"
#include "core/rules/correlation_window.h"
#include "core/rules/field_test.h"
#include "core/rules/pack.h"
#include "core/text/timestamp.h"

namespace sekimori {

// A session record or a claim, with the rules of its category that match it. Borrowed.
struct CorrelationEvent {
  Category category = Category::claim;
  std::string_view id;  // of the event or the claim: seen again, it takes the place of the first
  Timestamp time;       // when it began
  Timestamp known;      // when it can have been known: a wrong date in the future moves no clock
  FieldReader reader;   // of the pack's schema for the category
  std::span<const std::uint32_t> rules;  // numbers of the pack's rules
};

// What an event did to one group of one correlation.
struct CorrelationStep {
  std::uint32_t correlation = 0;  // into the pack's
  // yes: its condition holds; no: the event was counted; unknown: a field is absent that says which
  // group it belongs to, or what to count, so it was not.
  Truth truth = Truth::no;
  std::string_view missing;  // when unknown: the field, of the schema
  std::uint64_t count = 0;   // in the window that holds, else in the one that ends here
  Timestamp first, last;     // that window's first and last event
  std::vector<std::pair<std::string, std::string>> group;  // as group-by says; value as JSON
  std::vector<std::string> events;  // ids of the window's newest, at most kShownEvents
};
inline constexpr std::size_t kShownEvents = 8;

struct CorrelationCounters {
  std::uint64_t events = 0;     // counted in a group
  std::uint64_t held = 0;       // after which the condition held
  std::uint64_t by_record = 0;  // of those: a session record, which no verdict tells of by itself
  std::uint64_t late = 0;       // older than is remembered, or dated outside 1970 to 2200
  std::uint64_t forgotten_groups = 0;  // by capacity
  std::uint64_t forgotten_events = 0;  // by capacity, with their group or from a full one
  std::map<std::string_view, std::uint64_t>
      undecided;  // by the field that was absent, of the schema
};

// Of all correlations together.
struct CorrelationTotals {
  std::uint64_t events = 0, held = 0, undecided = 0, late = 0;
  std::uint64_t forgotten_events = 0, forgotten_groups = 0;  // for want of room
  std::uint64_t kept = 0;                                    // events, now
};

// Events may be told in any order that is not this much out of it: a claim that fits an open
// session waits for its end, and a session is believed open for 12 hours.
inline constexpr std::chrono::nanoseconds kCorrelationLateness = std::chrono::hours{12};

struct CorrelatorLimits {
  // Events kept, of all groups of all correlations. Each takes some 250 bytes, and 600 where it is
  // alone in its group. Full: the group that was not touched for the longest time is forgotten.
  std::size_t events = 200'000;
  // Events of one group; more where a condition counts further. Full: its oldest event goes.
  std::size_t group_events = 1024;
};

struct CorrelationGroup;
struct CorrelationWindows;

// A record or claim that is counted somewhere.
struct CorrelatedSubject {
  std::string id;  // as it is told
  const std::string* key = nullptr;
  std::vector<CorrelationGroup*> groups;  // each once
};

// Counts the events of correlation rules. Time is the events': same events in the same order, same
// steps, however fast they come. Whether a condition comes to hold does not depend on the order;
// which event it is said of does. For one thread.
class Correlator {
 public:
  explicit Correlator(std::shared_ptr<const RulePack> pack, CorrelatorLimits limits = {});
  ~Correlator();
  Correlator(const Correlator&) = delete;
  Correlator& operator=(const Correlator&) = delete;

  // In order of the correlations: of each one that looks at these rules, one step for every group.
  // Borrowed until the next call.
  std::span<const CorrelationStep> observe(const CorrelationEvent& event);

  // Goes on with another pack. What a correlation has counted stays when nothing has changed that
  // decides what it counts: itself, the rules it looks at, their filters, the placeholders.
  void replace(std::shared_ptr<const RulePack> pack);

  const RulePack& pack() const noexcept { return *pack_; }
  std::shared_ptr<const RulePack> shared_pack() const noexcept { return pack_; }
  const CorrelationCounters& counters(std::size_t correlation) const noexcept;
  // The longest timespan of a correlation that looks at claims; zero where none does.
  std::chrono::nanoseconds claim_memory() const noexcept;
  CorrelationTotals totals() const;
  std::size_t events() const noexcept { return events_; }  // kept now

 private:
  using Windows = CorrelationWindows;
  using Group = CorrelationGroup;

  bool look_at(const CorrelationEvent& event, std::uint32_t number, std::uint64_t sources);
  Group* place(const CorrelationEvent& event, std::uint32_t number, std::uint32_t source,
               CorrelationStep& step);
  bool read_values(const CorrelationEvent& event, std::span<const FieldId> ids,
                   std::span<const std::string> names, CorrelationStep& step, std::string& key,
                   std::vector<std::pair<std::string, std::string>>* shown);
  Group& touch(Windows& windows, std::string key);
  void insert(Group& group, WindowEvent event);
  void ask(const CorrelationEvent& event, std::uint32_t number, Group& group,
           CorrelationStep& step);
  void withdraw(CorrelatedSubject& subject);
  void drop_oldest(Group& group);
  void leave(CorrelatedSubject& subject, const Group& group);
  void erase(Group& group);
  void expire(Windows& windows);
  void make_room();

  std::shared_ptr<const RulePack> pack_;
  CorrelatorLimits limits_;
  std::vector<std::unique_ptr<Windows>> windows_;  // by correlation
  std::unordered_map<std::string, CorrelatedSubject> subjects_;
  CorrelatedSubject* subject_ = nullptr;  // of the event at hand, once something counts it
  std::vector<CorrelationStep> steps_;
  Timestamp now_ = Timestamp::min();
  std::uint64_t touches_ = 0;
  std::size_t events_ = 0;
};

}  // namespace sekimori
