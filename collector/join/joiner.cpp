#include "collector/join/joiner.h"

#include <algorithm>

namespace sekimori {
namespace {

using std::chrono::nanoseconds;

// Of a session whose last packet is not known yet.
constexpr Timestamp kOpenEnd = Timestamp::max();
// Between these no sum or difference of two moments overflows; claims are held to them by their
// reader.
constexpr Timestamp kEarliest{std::chrono::sys_days{std::chrono::year{1970} / 1 / 1}};
constexpr Timestamp kLatest{std::chrono::sys_days{std::chrono::year{2200} / 1 / 1}};

bool is_open(const SessionRecord& record) noexcept {
  return record.type == EventType::start;
}

Timestamp end_of(const SessionRecord& record) noexcept {
  return is_open(record) ? kOpenEnd : record.end;
}

// From the session's first or last packet to `time`; none inside.
nanoseconds distance(const SessionRecord& record, Timestamp time) noexcept {
  if (time < record.start) return record.start - time;
  return time > end_of(record) ? time - record.end : nanoseconds{0};
}

// The smaller the nearer; of sessions that contain the claim, the one that ends or ended nearest.
auto nearness(const SessionRecord& record, Timestamp time) noexcept {
  const nanoseconds to_last = time < record.end ? record.end - time : time - record.end;
  return std::pair{distance(record, time), to_last};
}

// A SYN that nobody answered, or whose client said nothing more: no request came over it, and a
// flood of them must not make the joiner forget those that carried one. A mirror that shows only
// one direction has more than one packet of a client that spoke.
bool is_bare_attempt(const SessionRecord& record) noexcept {
  constexpr std::uint8_t kTcp = 6;                // IANA protocol number
  constexpr std::uint64_t kLongestSyn = 40 + 60;  // bytes: IPv6 and all of TCP's options
  const Endpoint& client = record.client;
  return record.protocol == kTcp && record.syn.ttl &&
         (client.packets == 1 || record.server.packets == 0) &&
         client.bytes <= kLongestSyn * client.packets;
}

bool joinable(const SessionRecord& record) noexcept {
  return !is_bare_attempt(record) && record.client.port && *record.client.port > 0 &&
         record.start >= kEarliest && record.end < kLatest && record.start <= record.end;
}

// The end of what was open, or that it lies in a window of loss.
bool is_news(const SessionRecord& known, const SessionRecord& record) {
  if (is_open(known) != is_open(record)) return is_open(known);
  return record.loss.window.value_or(false) && !known.loss.window.value_or(false);
}

}  // namespace

Joiner::Joiner(JoinSettings settings) : settings_{std::move(settings)} {}

// Sessions.

void Joiner::on_session(const SessionRecord& record) {
  if (!joinable(record)) {
    ++counters_.unjoinable_sessions;
    return;
  }
  const auto known = sessions_.find(record.id);
  if (known == sessions_.end()) {
    ++counters_.sessions;
  } else if (is_news(known->second.record, record)) {
    touch(known->second.record);
    erase(known);
  } else {
    ++counters_.duplicate_sessions;
    return;
  }
  if (sessions_.size() >= settings_.session_capacity) {
    ++counters_.evicted_sessions;
    forget(sessions_.find(ages_.begin()->second));
  }
  insert(record);
  touch(record);
}

void Joiner::insert(const SessionRecord& record) {
  const nanoseconds kept = is_open(record) ? settings_.open_memory : settings_.memory;
  const Timestamp forget_at = std::max(record.end, now_) + kept + 2 * settings_.tolerance;
  sessions_.emplace(record.id, Session{record, forget_at});
  by_port_.insert({record.client.ip, *record.client.port, end_of(record), record.id});
  by_end_.insert({record.client.ip, 0, end_of(record), record.id});
  ages_.insert({forget_at, record.id});
}

void Joiner::erase(Sessions::iterator session) {
  const SessionRecord& record = session->second.record;
  by_port_.erase({record.client.ip, *record.client.port, end_of(record), record.id});
  by_end_.erase({record.client.ip, 0, end_of(record), record.id});
  ages_.erase({session->second.forget_at, record.id});
  sessions_.erase(session);
}

// Claims that wait on it are answered while it is still known.
void Joiner::forget(Sessions::iterator session) {
  for (const auto waiting : fitting_claims(session->second.record, claims_.size())) {
    if (!waiting->second.due) ++counters_.hurried_claims;
    answer_and_drop(waiting);
  }
  forgotten_until_ = std::max(forgotten_until_, session->second.record.end);
  erase(session);
}

// Marks the claims for which this record may be news. What is not due in a replay need not be
// marked: its deadline will ask.
void Joiner::touch(const SessionRecord& record) {
  for (const auto waiting : fitting_claims(record, kScanLimit)) {
    const Waiting& state = waiting->second;
    // One more candidate changes nothing, and looking again for each would cost a busy address's
    // claims times its sessions.
    const bool full = state.answer && state.answer->sessions.size() >= kCandidateLimit;
    if (state.due || (settings_.answers == AnswerPolicy::early && !full)) {
      touched_.insert(waiting->first);
    }
  }
}

// Claims.

void Joiner::on_claim(Claim claim) {
  const ClaimKey key{claim.ip, claim.port.value_or(0), claim.time, claim.id};
  if (!remember_id(claim.id) || claims_.contains(key)) {
    ++counters_.duplicate_claims;
    return;
  }
  ++counters_.claims;
  if (claims_.size() >= settings_.claim_capacity) {
    ++counters_.hurried_claims;
    const ClaimKey oldest = (overdue_.empty() ? deadlines_ : overdue_).begin()->second;
    answer_and_drop(claims_.find(oldest));
  }
  Waiting waiting;
  const bool answered_now = is_packetless(claim) || is_late(claim);
  waiting.deadline =
      answered_now ? Timestamp::min() : std::max(claim.time, now_) + settings_.patience;
  waiting.time_forgotten =
      forgotten_until_ != Timestamp::min() && claim.time <= forgotten_until_ + settings_.tolerance;
  waiting.claim = std::move(claim);
  deadlines_.insert({waiting.deadline, key});
  claims_.emplace(key, std::move(waiting));
  if (settings_.answers == AnswerPolicy::early) touched_.insert(key);
}

bool Joiner::remember_id(const std::string& id) {
  const auto [place, inserted] = ids_.insert(id);
  if (!inserted) return false;
  id_order_.push_back(&*place);
  if (id_order_.size() > settings_.id_capacity) {
    ids_.erase(*id_order_.front());
    id_order_.pop_front();
  }
  return true;
}

bool Joiner::is_packetless(const Claim& claim) const {
  return std::any_of(settings_.packetless.begin(), settings_.packetless.end(),
                     [&claim](const PacketlessListener& listener) {
                       return claim.server_ip == listener.server_ip &&
                              (!listener.server_port || claim.server_port == listener.server_port);
                     });
}

bool Joiner::is_late(const Claim& claim) const {
  return claim.received > claim.time + settings_.memory;
}

// Matching.

bool Joiner::fits(const SessionRecord& record, const Claim& claim) const {
  return (!claim.port || claim.port == record.client.port) &&
         (!claim.server_ip || claim.server_ip == record.server.ip) &&
         (!claim.server_port || claim.server_port == record.server.port) &&
         distance(record, claim.time) <= settings_.tolerance;
}

Joiner::Candidates Joiner::fitting_sessions(const Claim& claim) const {
  const std::set<SessionKey>& index = claim.port ? by_port_ : by_end_;
  const std::uint16_t port = claim.port.value_or(0);
  Candidates candidates;
  std::size_t scanned = 0;
  for (auto at = index.lower_bound({claim.ip, port, claim.time - settings_.tolerance, {}});
       at != index.end() && at->ip == claim.ip && at->port == port; ++at) {
    if (++scanned > kScanLimit) {
      candidates.cut = true;
      break;
    }
    const SessionRecord& record = sessions_.find(at->id)->second.record;
    if (fits(record, claim)) candidates.found.push_back(&record);
  }
  return candidates;
}

std::vector<Joiner::Claims::iterator> Joiner::fitting_claims(const SessionRecord& record,
                                                             std::size_t limit) {
  std::vector<Claims::iterator> found;
  for (const std::uint16_t port : {*record.client.port, std::uint16_t{0}}) {
    std::size_t scanned = 0;
    for (auto at =
             claims_.lower_bound({record.client.ip, port, record.start - settings_.tolerance, {}});
         at != claims_.end() && at->first.ip == record.client.ip && at->first.port == port; ++at) {
      if (distance(record, at->first.time) > settings_.tolerance) break;
      if (++scanned > limit) {
        ++counters_.scans_cut;
        break;
      }
      if (fits(record, at->second.claim)) found.push_back(at);
    }
  }
  return found;
}

Joiner::Match Joiner::match(const Waiting& waiting) {
  const Claim& claim = waiting.claim;
  if (is_packetless(claim)) return {JoinOutcome::claims_only, {}, false};
  if (is_late(claim)) return {JoinOutcome::late, {}, false};
  auto [found, cut] = fitting_sessions(claim);
  if (cut) ++counters_.scans_cut;
  Match match;
  match.open = std::any_of(found.begin(), found.end(),
                           [](const SessionRecord* record) { return is_open(*record); });
  if (std::any_of(found.begin(), found.end(),
                  [](const SessionRecord* record) { return record->path == Path::l7; })) {
    match.outcome = JoinOutcome::claims_only;
    return match;
  }
  if (claim.port && !found.empty()) {
    const auto nearest =
        std::min_element(found.begin(), found.end(),
                         [&claim](const SessionRecord* left, const SessionRecord* right) {
                           return nearness(*left, claim.time) < nearness(*right, claim.time);
                         });
    const auto best = nearness(**nearest, claim.time);
    std::erase_if(
        found, [&](const SessionRecord* record) { return nearness(*record, claim.time) != best; });
  }
  std::sort(found.begin(), found.end(), [](const SessionRecord* left, const SessionRecord* right) {
    return left->id < right->id;
  });
  if (cut || found.size() > 1) {
    match.outcome = JoinOutcome::ambiguous;
  } else if (found.size() == 1) {
    match.outcome = JoinOutcome::matched;
  } else {
    match.outcome = waiting.time_forgotten ? JoinOutcome::late : JoinOutcome::no_evidence;
  }
  if (found.size() > kCandidateLimit) found.resize(kCandidateLimit);
  match.sessions = std::move(found);
  return match;
}

// Answers.

void Joiner::answer_if_ready(Claims::iterator waiting) {
  Waiting& state = waiting->second;
  const bool early = settings_.answers == AnswerPolicy::early;
  if (!early && !state.due) return;
  const Match found = match(state);
  if (state.due && !found.open) return answer_and_drop(waiting);
  if (early && (state.due || state.answer || found.outcome == JoinOutcome::matched)) {
    give(state, found);
  }
  if (state.due) overdue_.insert({state.deadline, waiting->first});
}

void Joiner::answer_and_drop(Claims::iterator waiting) {
  Waiting& state = waiting->second;
  give(state, match(state));
  deadlines_.erase({state.deadline, waiting->first});
  overdue_.erase({state.deadline, waiting->first});
  touched_.erase(waiting->first);
  claims_.erase(waiting);
}

void Joiner::give(Waiting& waiting, const Match& match) {
  Answer answer{match.outcome, {}};
  for (const SessionRecord* record : match.sessions) {
    answer.sessions.emplace_back(record->id, record->type);
  }
  if (waiting.answer == answer) return;
  if (waiting.answer) --counters_.outcomes[static_cast<std::size_t>(waiting.answer->outcome)];
  ++counters_.outcomes[static_cast<std::size_t>(answer.outcome)];
  waiting.answer = std::move(answer);
  Observation observation{waiting.claim, match.outcome, {}};
  for (const SessionRecord* record : match.sessions) observation.sessions.push_back(*record);
  answers_.push_back(std::move(observation));
}

std::vector<Observation> Joiner::advance(Timestamp now) {
  now_ = std::max(now_, std::min(now, kLatest));
  while (!touched_.empty()) {
    const auto waiting = claims_.find(*touched_.begin());
    touched_.erase(touched_.begin());
    answer_if_ready(waiting);
  }
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_) {
    const auto waiting = claims_.find(deadlines_.begin()->second);
    deadlines_.erase(deadlines_.begin());
    waiting->second.due = true;
    answer_if_ready(waiting);
  }
  while (!ages_.empty() && ages_.begin()->first <= now_) {
    ++counters_.forgotten_sessions;
    forget(sessions_.find(ages_.begin()->second));
  }
  return take_answers();
}

std::vector<Observation> Joiner::finish() {
  while (!claims_.empty()) answer_and_drop(claims_.begin());
  return take_answers();
}

// One answer per claim, the latest.
std::vector<Observation> Joiner::take_answers() {
  std::vector<Observation> answers = std::move(answers_);
  answers_.clear();
  const auto before = [](const Observation& left, const Observation& right) {
    return std::pair<Timestamp, std::string_view>{left.claim.time, left.claim.id} <
           std::pair<Timestamp, std::string_view>{right.claim.time, right.claim.id};
  };
  std::stable_sort(answers.begin(), answers.end(), before);
  const auto first_of_last = std::unique(answers.rbegin(), answers.rend(),
                                         [](const Observation& left, const Observation& right) {
                                           return left.claim.id == right.claim.id;
                                         });
  answers.erase(answers.begin(), first_of_last.base());
  return answers;
}

}  // namespace sekimori
