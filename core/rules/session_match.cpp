#include "core/rules/session_match.h"

namespace sekimori {
namespace {

// Whether something was left to name.
bool name(const RuleFacts& facts, SessionRecord& record) noexcept {
  const auto fill = [](auto& name, const std::string& given) {
    const bool takes = name.empty() && !given.empty();
    if (takes) name.assign(given);
    return takes;
  };
  bool named = fill(record.network_protocol, facts.protocol);
  named = fill(record.remote_access, facts.remote_access) || named;
  named = fill(record.tunnel, facts.tunnel) || named;
  return fill(record.application, facts.application) || named;
}

}  // namespace

void name_session(RuleMatcher& matcher, SessionRecord& record) {
  constexpr int kRounds = 2;
  const FieldReader reader = session_reader(record);
  bool named = true;
  for (int round = 0; named && round < kRounds; ++round) {
    named = false;
    for (const RuleUnit rule : matcher.match_names(reader).rules) {
      named = name(matcher.pack().rules()[rule].facts(), record) || named;
    }
  }
}

void sign_session(RuleMatcher& matcher, SessionRecord& record) {
  const FieldReader reader = session_reader(record);
  record.rules_pack.assign(matcher.pack().hash());
  for (const RuleUnit rule : matcher.match(Category::session, reader).rules) {
    const RuleFacts& facts = matcher.pack().rules()[rule].facts();
    record.signatures.push_back(SignatureMatch{std::string_view{facts.id},
                                               std::string_view{facts.title},
                                               std::string_view{facts.level}, facts.in_shadow()});
  }
}

}  // namespace sekimori
