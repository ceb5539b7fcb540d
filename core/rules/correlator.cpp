#include "core/rules/correlator.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/rules/explain.h"

namespace sekimori {

// Events that have the same values of the fields that a correlation groups by.
struct CorrelationGroup {
  CorrelationWindows* windows = nullptr;
  const std::string* key = nullptr;
  std::vector<WindowEvent> events;  // in order of time
  std::uint64_t touched = 0;
  std::list<CorrelationGroup*>::iterator place;
};

// All groups of one correlation.
struct CorrelationWindows {
  std::string name;  // by which another pack's correlation is the same
  std::unordered_map<std::string, CorrelationGroup> groups;
  std::list<CorrelationGroup*> order;  // touched last comes first
  CorrelationCounters counters;
  std::chrono::nanoseconds memory{};
  std::size_t group_capacity = 0;
};

namespace {

using std::chrono::sys_days;

// As Joiner has it: outside, some program wrote nonsense, and sums of moments could overflow.
constexpr Timestamp kFirstMoment{};
constexpr Timestamp kLastMoment = sys_days{std::chrono::year{2200} / 1 / 1};

std::string key_of(const CorrelationEvent& event) {
  return (event.category == Category::session ? "s" : "c") + std::string{event.id};
}

std::string name_of(const Correlation& correlation) {
  return correlation.definition +
         (correlation.facts.id.empty() ? correlation.facts.title : correlation.facts.id);
}

std::size_t capacity_for(const Correlation& correlation, std::size_t least) {
  for (const CountTest& test : correlation.condition) {
    least = std::max<std::size_t>(least, 2 * test.number + 2);
  }
  return least;
}

}  // namespace

Correlator::Correlator(std::shared_ptr<const RulePack> pack, CorrelatorLimits limits)
    : limits_{limits} {
  replace(std::move(pack));
}

Correlator::~Correlator() = default;

void Correlator::replace(std::shared_ptr<const RulePack> pack) {
  std::vector<std::unique_ptr<Windows>> before = std::move(windows_);
  windows_.clear();
  pack_ = std::move(pack);
  for (const Correlation& correlation : pack_->correlations()) {
    std::string name = name_of(correlation);
    const auto same = std::find_if(before.begin(), before.end(), [&](const auto& one) {
      return one != nullptr && one->name == name;
    });
    auto windows = same == before.end() ? std::make_unique<Windows>() : std::move(*same);
    windows->name = std::move(name);
    windows->memory = correlation.timespan + std::max(correlation.timespan, kCorrelationLateness);
    windows->group_capacity = capacity_for(correlation, limits_.group_events);
    windows_.push_back(std::move(windows));
  }
  for (const auto& gone : before) {
    while (gone != nullptr && !gone->order.empty()) erase(*gone->order.front());
  }
}

const CorrelationCounters& Correlator::counters(std::size_t correlation) const noexcept {
  return windows_[correlation]->counters;
}

std::chrono::nanoseconds Correlator::claim_memory() const noexcept {
  std::chrono::nanoseconds longest{0};
  for (const Correlation& one : pack_->correlations()) {
    const bool of_claims =
        std::any_of(one.sources.begin(), one.sources.end(),
                    [](const Correlation::Source& source) { return source.fields[1].possible; });
    if (of_claims) longest = std::max(longest, one.timespan);
  }
  return longest;
}

CorrelationTotals Correlator::totals() const {
  CorrelationTotals totals;
  totals.kept = events_;
  for (const auto& windows : windows_) {
    const CorrelationCounters& one = windows->counters;
    totals.events += one.events;
    totals.held += one.held;
    totals.late += one.late;
    totals.forgotten_events += one.forgotten_events;
    totals.forgotten_groups += one.forgotten_groups;
    for (const auto& [field, times] : one.undecided) totals.undecided += times;
  }
  return totals;
}

std::span<const CorrelationStep> Correlator::observe(const CorrelationEvent& event) {
  steps_.clear();
  subject_ = nullptr;
  if (const auto known = subjects_.find(key_of(event)); known != subjects_.end()) {
    withdraw(known->second);
  }
  std::map<std::uint32_t, std::uint64_t> waiting;  // correlation, bits of its sources
  for (const std::uint32_t rule : event.rules) {
    for (const RulePack::Use& use : pack_->uses_of_rule(rule)) {
      waiting[use.correlation] |= std::uint64_t{1} << use.source;
    }
  }
  if (waiting.empty()) return steps_;
  if (event.time >= kFirstMoment && event.time < kLastMoment) {
    now_ = std::max({now_, std::min(event.time, event.known), kFirstMoment});
  }
  // A correlation comes after those it looks at, so what these add lies ahead.
  while (!waiting.empty()) {
    const auto [number, sources] = *waiting.begin();
    waiting.erase(waiting.begin());
    if (!look_at(event, number, sources)) continue;
    for (const RulePack::Use& use : pack_->uses_of_correlation(number)) {
      waiting[use.correlation] |= std::uint64_t{1} << use.source;
    }
  }
  if (subject_ != nullptr && subject_->groups.empty()) subjects_.erase(std::string{*subject_->key});
  subject_ = nullptr;
  make_room();
  return steps_;
}

// Whether the condition holds in some group of the event.
bool Correlator::look_at(const CorrelationEvent& event, std::uint32_t number,
                         std::uint64_t sources) {
  Windows& windows = *windows_[number];
  expire(windows);
  const bool dated = event.time >= kFirstMoment && event.time < kLastMoment;
  if (!dated || event.time < now_ - windows.memory) {
    ++windows.counters.late;
    return false;
  }
  std::vector<std::pair<Group*, CorrelationStep>> touched;
  for (std::uint32_t source = 0; source < kCorrelationRuleLimit; ++source) {
    if ((sources >> source & 1U) == 0) continue;
    CorrelationStep step;
    step.correlation = number;
    Group* const group = place(event, number, source, step);
    if (group == nullptr) {
      ++windows.counters.undecided[step.missing];
      steps_.push_back(std::move(step));
      continue;
    }
    const auto known = std::find_if(touched.begin(), touched.end(),
                                    [&](const auto& one) { return one.first == group; });
    if (known == touched.end()) touched.emplace_back(group, std::move(step));
  }
  bool holds = false;
  for (auto& [group, step] : touched) {
    ask(event, number, *group, step);
    ++windows.counters.events;
    if (step.truth == Truth::yes) {
      holds = true;
      ++windows.counters.held;
      windows.counters.by_record += event.category == Category::session;
    }
    steps_.push_back(std::move(step));
  }
  return holds;
}

// Null: a field is absent, and the step says which.
Correlator::Group* Correlator::place(const CorrelationEvent& event, std::uint32_t number,
                                     std::uint32_t source, CorrelationStep& step) {
  const Correlation& correlation = pack_->correlations()[number];
  const auto at = static_cast<std::size_t>(
      std::find(kEventCategories.begin(), kEventCategories.end(), event.category) -
      kEventCategories.begin());
  const Correlation::Fields& fields = correlation.sources[source].fields[at];
  std::string key, value;
  if (!read_values(event, fields.group, correlation.group_by, step, key, &step.group) ||
      !read_values(event, fields.counted, correlation.counted, step, value, nullptr)) {
    step.truth = Truth::unknown;
    return nullptr;
  }
  if (subject_ == nullptr) {
    const auto known = subjects_.try_emplace(key_of(event)).first;
    subject_ = &known->second;
    subject_->id = event.id;
    subject_->key = &known->first;
  }
  Group& group = touch(*windows_[number], std::move(key));
  insert(group, {event.time, std::uint64_t{1} << source, std::move(value), subject_});
  return &group;
}

// `key` gets all values so that no two lists of them are the same text.
bool Correlator::read_values(const CorrelationEvent& event, std::span<const FieldId> ids,
                             std::span<const std::string> names, CorrelationStep& step,
                             std::string& key,
                             std::vector<std::pair<std::string, std::string>>* shown) {
  const auto schema = pack_->schemas().of(event.category);
  for (std::size_t at = 0; at < ids.size(); ++at) {
    std::string value = field_json(event.reader, schema[ids[at]], ids[at]);
    if (value.empty()) {
      step.missing = schema[ids[at]].name;
      return false;
    }
    key += value + '\n';  // which JSON writes as \n
    if (shown != nullptr) shown->emplace_back(names[at], std::move(value));
  }
  return true;
}

Correlator::Group& Correlator::touch(Windows& windows, std::string key) {
  const auto [found, fresh] = windows.groups.try_emplace(std::move(key));
  Group& group = found->second;
  if (fresh) {
    group.windows = &windows;
    group.key = &found->first;
    group.place = windows.order.insert(windows.order.begin(), &group);
  } else {
    windows.order.splice(windows.order.begin(), windows.order, group.place);
  }
  group.touched = ++touches_;
  return group;
}

void Correlator::insert(Group& group, WindowEvent event) {
  const Timestamp oldest = now_ - group.windows->memory;
  std::size_t old = 0;
  while (old < group.events.size() && group.events[old].time < oldest) ++old;
  for (; old > 0; --old) drop_oldest(group);
  // A record that two of the correlation's rules match is one event.
  const auto begin =
      std::lower_bound(group.events.begin(), group.events.end(), event.time,
                       [](const WindowEvent& one, Timestamp then) { return one.time < then; });
  auto at = begin;
  for (; at != group.events.end() && at->time == event.time; ++at) {
    if (at->subject != event.subject || at->value != event.value) continue;
    at->sources |= event.sources;
    return;
  }
  std::vector<CorrelationGroup*>& groups = event.subject->groups;
  if (std::find(groups.begin(), groups.end(), &group) == groups.end()) groups.push_back(&group);
  group.events.insert(at, std::move(event));
  ++events_;
  if (group.events.size() <= group.windows->group_capacity) return;
  ++group.windows->counters.forgotten_events;
  drop_oldest(group);
}

void Correlator::ask(const CorrelationEvent& event, std::uint32_t number, Group& group,
                     CorrelationStep& step) {
  const Correlation& correlation = pack_->correlations()[number];
  const auto own = std::find_if(group.events.begin(), group.events.end(),
                                [this](const WindowEvent& one) { return one.subject == subject_; });
  step.first = step.last = event.time;
  if (own == group.events.end()) return;  // older than all of a full group
  const WindowRule rule{correlation.type, correlation.timespan, correlation.condition,
                        correlation.sources.size()};
  const WindowAnswer answer =
      ask_windows(rule, group.events, static_cast<std::size_t>(own - group.events.begin()));
  step.truth = answer.holds ? Truth::yes : Truth::no;
  step.count = answer.count;
  step.first = group.events[answer.first].time;
  step.last = group.events[answer.end - 1].time;
  for (std::size_t at = answer.end; at > answer.first && step.events.size() < kShownEvents; --at) {
    step.events.push_back(group.events[at - 1].subject->id);
  }
  std::reverse(step.events.begin(), step.events.end());
}

// What was known of the subject before counts no longer. The subject stays.
void Correlator::withdraw(CorrelatedSubject& subject) {
  const std::string key = *subject.key;
  const std::vector<CorrelationGroup*> groups = std::move(subject.groups);
  subject.groups.clear();
  for (Group* const one : groups) {
    Group& group = *one;
    const auto gone = std::remove_if(group.events.begin(), group.events.end(),
                                     [&](const WindowEvent& of) { return of.subject == &subject; });
    events_ -= static_cast<std::size_t>(group.events.end() - gone);
    group.events.erase(gone, group.events.end());
    if (group.events.empty()) erase(group);
  }
  subjects_.erase(key);
}

void Correlator::drop_oldest(Group& group) {
  CorrelatedSubject* const subject = group.events.front().subject;
  group.events.erase(group.events.begin());
  --events_;
  const bool more = std::any_of(group.events.begin(), group.events.end(),
                                [&](const WindowEvent& one) { return one.subject == subject; });
  if (!more) leave(*subject, group);
}

void Correlator::leave(CorrelatedSubject& subject, const Group& group) {
  const auto at = std::find(subject.groups.begin(), subject.groups.end(), &group);
  if (at != subject.groups.end()) subject.groups.erase(at);
  if (subject.groups.empty() && &subject != subject_) subjects_.erase(std::string{*subject.key});
}

void Correlator::erase(Group& group) {
  std::set<CorrelatedSubject*> subjects;  // one may be there with several values
  for (const WindowEvent& event : group.events) subjects.insert(event.subject);
  for (CorrelatedSubject* const subject : subjects) leave(*subject, group);
  events_ -= group.events.size();
  Windows& windows = *group.windows;
  windows.order.erase(group.place);
  windows.groups.erase(std::string{*group.key});
}

// Groups of which nothing can count any more.
void Correlator::expire(Windows& windows) {
  while (!windows.order.empty()) {
    Group& group = *windows.order.back();
    if (!group.events.empty() && group.events.back().time >= now_ - windows.memory) return;
    erase(group);
  }
}

void Correlator::make_room() {
  if (events_ <= limits_.events) return;
  for (const auto& windows : windows_) expire(*windows);
  while (events_ > limits_.events) {
    Windows* oldest = nullptr;
    for (const auto& windows : windows_) {
      if (windows->order.empty()) continue;
      if (oldest == nullptr || windows->order.back()->touched < oldest->order.back()->touched) {
        oldest = windows.get();
      }
    }
    if (oldest == nullptr) return;
    Group& group = *oldest->order.back();
    ++oldest->counters.forgotten_groups;
    oldest->counters.forgotten_events += group.events.size();
    erase(group);
  }
}

}  // namespace sekimori
