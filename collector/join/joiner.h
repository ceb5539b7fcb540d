#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "collector/join/observation.h"
#include "collector/receive/claim.h"
#include "core/net/ip_address.h"
#include "core/record/session_record.h"

namespace sekimori {

// When a claim is answered.
enum class AnswerPolicy : std::uint8_t {
  once,   // replay: one answer per claim; one that fits an open session waits for its end
  early,  // service: as soon as one session fits; a better answer to the same claim id supersedes
          // it
};

// A listener behind which no packet of a client passes (path l7).
struct PacketlessListener {
  IpAddress server_ip;
  std::optional<std::uint16_t> server_port;  // absent: every port
};

struct JoinSettings {
  AnswerPolicy answers = AnswerPolicy::once;
  // Either way between a claim's time and a session's first and last packet: platforms write
  // whole seconds, and clocks differ.
  std::chrono::nanoseconds tolerance = std::chrono::seconds{5};
  // How long a claim waits for its session to be told. An end record comes after the flow's idle
  // time, which is minutes.
  std::chrono::nanoseconds patience = std::chrono::minutes{10};
  // How long a session is remembered after it ended; a claim later than that is `late`.
  std::chrono::nanoseconds memory = std::chrono::minutes{60};
  // The same for a session of which only the start is known: its sensor may be gone.
  std::chrono::nanoseconds open_memory = std::chrono::hours{12};
  // A session takes some 3.5 KB, a waiting claim 1 KB. Full: the one that would be forgotten first
  // goes; its claims are answered with what is known.
  std::size_t session_capacity = 200'000;
  std::size_t claim_capacity = 200'000;
  // Ids of claims, so that the same claim twice is one. Full: the oldest goes.
  std::size_t id_capacity = 500'000;
  std::vector<PacketlessListener> packetless;
};

// Candidates named in an ambiguous observation; a person reads no more.
inline constexpr std::size_t kCandidateLimit = 8;
// Sessions looked at for one claim, or claims for one session: bounds the work that one busy
// address without ports can make. A claim that would need more is ambiguous.
inline constexpr std::size_t kScanLimit = 1024;
inline constexpr std::size_t kJoinOutcomeCount = 5;

struct JoinCounters {
  std::uint64_t sessions = 0;  // taken; an end that supersedes a start is not a new one
  // Without ports, dated outside 1970 to 2200, or an attempt to connect that came to nothing.
  std::uint64_t unjoinable_sessions = 0;
  std::uint64_t duplicate_sessions = 0;  // the same event id and type again
  std::uint64_t forgotten_sessions = 0;  // by age
  std::uint64_t evicted_sessions = 0;    // by capacity
  std::uint64_t claims = 0;              // taken
  std::uint64_t duplicate_claims = 0;    // the same id again
  std::uint64_t hurried_claims = 0;      // answered before their time, by capacity
  std::uint64_t scans_cut = 0;           // by kScanLimit
  // Claims by their latest answer, index = JoinOutcome. After finish() the sum is `claims`.
  std::array<std::uint64_t, kJoinOutcomeCount> outcomes{};
};

// Brings a claim and the record of one session together (DESIGN.md, section 6).
//
// Key: client address, port, and the server where the claim names one. A session fits when its
// first to last packet, widened by the tolerance, contains the claim's time; of a session that is
// still open the last packet is unknown and does not count. With a port the nearest session in time
// is the one (then the nearest last packet); several at the same distance, or several without a
// port, are ambiguous. Claims may come before or after the record: the answer is the same, as long
// as both come before the claim's patience ends. A session on the path `l7` is the proxy's: what it
// fits is claims_only.
//
// Time is an argument: packet time in a replay, the clock in the service. What is remembered counts
// from its own time or from its arrival, whichever is later, so that an old capture joins too.
// Not for several threads at once.
class Joiner {
 public:
  explicit Joiner(JoinSettings settings);

  void on_session(const SessionRecord& record);
  void on_claim(Claim claim);
  // What can be answered at `now`, ordered by claim time, then id; `now` that goes back counts as
  // the last one.
  std::vector<Observation> advance(Timestamp now);
  // Answers every claim that still waits.
  std::vector<Observation> finish();

  const JoinCounters& counters() const noexcept { return counters_; }

 private:
  // port and end: of the session, so that a scan begins at the first that can fit.
  struct SessionKey {
    IpAddress ip;
    std::uint16_t port = 0;
    Timestamp end;  // kOpenEnd while only the start is known
    EventId id;
    friend auto operator<=>(const SessionKey&, const SessionKey&) = default;
  };
  // Port 0 where the claim says none.
  struct ClaimKey {
    IpAddress ip;
    std::uint16_t port = 0;
    Timestamp time;
    std::string id;
    friend auto operator<=>(const ClaimKey&, const ClaimKey&) = default;
  };
  struct Session {
    SessionRecord record;
    Timestamp forget_at;
  };
  struct Answer {
    JoinOutcome outcome = JoinOutcome::no_evidence;
    std::vector<std::pair<EventId, EventType>> sessions;
    friend bool operator==(const Answer&, const Answer&) = default;
  };
  struct Waiting {
    Claim claim;
    Timestamp deadline;
    bool due = false;              // the deadline has passed
    bool time_forgotten = false;   // sessions of its time were already gone when it came
    std::optional<Answer> answer;  // given so far
  };
  struct Candidates {
    std::vector<const SessionRecord*> found;
    bool cut = false;  // by kScanLimit
  };
  struct Match {
    JoinOutcome outcome = JoinOutcome::no_evidence;
    std::vector<const SessionRecord*> sessions;  // as in Observation
    bool open = false;                           // an end that is not known yet may change it
  };
  using Sessions = std::map<EventId, Session>;
  using Claims = std::map<ClaimKey, Waiting>;
  using Ages = std::set<std::pair<Timestamp, EventId>>;
  using Deadlines = std::set<std::pair<Timestamp, ClaimKey>>;

  Match match(const Waiting& waiting);
  Candidates fitting_sessions(const Claim& claim) const;
  std::vector<Claims::iterator> fitting_claims(const SessionRecord& record, std::size_t limit);
  bool fits(const SessionRecord& record, const Claim& claim) const;
  bool is_packetless(const Claim& claim) const;
  bool is_late(const Claim& claim) const;

  void insert(const SessionRecord& record);
  void erase(Sessions::iterator session);
  void forget(Sessions::iterator session);
  void touch(const SessionRecord& record);

  bool remember_id(const std::string& id);
  void answer_if_ready(Claims::iterator waiting);
  void answer_and_drop(Claims::iterator waiting);
  void give(Waiting& waiting, const Match& match);
  std::vector<Observation> take_answers();

  JoinSettings settings_;
  Timestamp now_ = Timestamp::min();
  Timestamp forgotten_until_ = Timestamp::min();  // last packet of the latest session forgotten
  Sessions sessions_;
  std::set<SessionKey> by_port_;
  std::set<SessionKey> by_end_;  // the same, port 0 in all
  Ages ages_;                    // by forget_at
  Claims claims_;
  Deadlines deadlines_;         // of claims that are not due
  Deadlines overdue_;           // of claims that are due and wait for a session's end
  std::set<ClaimKey> touched_;  // something new may fit, since the last advance
  std::unordered_set<std::string> ids_;
  std::deque<const std::string*> id_order_;  // into ids_, oldest first
  std::vector<Observation> answers_;
  JoinCounters counters_;
};

}  // namespace sekimori
