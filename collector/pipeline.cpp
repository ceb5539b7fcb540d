#include "collector/pipeline.h"

#include <utility>

namespace sekimori {

Pipeline::Pipeline(JoinSettings join, Stages stages)
    : joiner_{std::move(join)}, stages_{std::move(stages)} {}

void Pipeline::on_session(const SessionRecord& record) {
  const auto pass_on = [this](const SessionRecord& one) {
    if (stages_.on_session) stages_.on_session(one);
    joiner_.on_session(one);
  };
  if (!stages_.enrich) return pass_on(record);
  SessionRecord enriched = record;
  stages_.enrich(enriched);
  pass_on(enriched);
}

void Pipeline::on_claim(Claim claim) {
  joiner_.on_claim(std::move(claim));
}

void Pipeline::advance(Timestamp now) {
  tell(joiner_.advance(now));
}

void Pipeline::finish() {
  tell(joiner_.finish());
}

void Pipeline::tell(const std::vector<Observation>& observations) {
  for (const Observation& observation : observations) {
    stages_.on_verdict(stages_.judge(observation));
  }
}

}  // namespace sekimori
