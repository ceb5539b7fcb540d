#pragma once

#include <functional>

#include "collector/join/joiner.h"
#include "collector/judge/verdict.h"

namespace sekimori {

// Join, judge, tell: the one way from records and claims to verdicts, for the service and for
// `sekimori replay`. Not for several threads at once.
//
//   Pipeline pipeline{join_settings, {enrich, judge, on_verdict}};
//   for each thing in order of time: pipeline.advance(its time), then on_session or on_claim
//   pipeline.finish();
//
// Same calls, same verdicts. In a replay a claim is given at its `received` and time is the
// packets'; then the order of calls decides nothing else.
class Pipeline {
 public:
  // Fills in what a sensor without databases left out; may be empty.
  using Enrich = std::function<void(SessionRecord&)>;
  using Judge = std::function<Verdict(const Observation&)>;
  // Sees every record once it is enriched; may be empty.
  using OnSession = std::function<void(const SessionRecord&)>;
  // Called within advance() and finish(), in order of claim time, then id. With
  // AnswerPolicy::early the same claim id may come again, and the later verdict supersedes.
  using OnVerdict = std::function<void(const Verdict&)>;

  struct Stages {
    Enrich enrich;
    Judge judge;
    OnVerdict on_verdict;
    OnSession on_session = {};
  };

  Pipeline(JoinSettings join, Stages stages);

  void on_session(const SessionRecord& record);
  void on_claim(Claim claim);
  void advance(Timestamp now);  // `now` that goes back counts as the last one
  void finish();                // answers every claim that still waits

  const JoinCounters& join_counters() const noexcept { return joiner_.counters(); }

 private:
  void tell(const std::vector<Observation>& observations);

  Joiner joiner_;
  Stages stages_;
};

}  // namespace sekimori
