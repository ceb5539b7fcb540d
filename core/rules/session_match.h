#pragma once

#include "core/record/session_record.h"
#include "core/rules/rule_matcher.h"

namespace sekimori {

// Rules of category session that name one run before the others, so that these can ask for the
// names. They run twice when there is a name, so that one may rest on what another says; which of
// them has the smaller id plays no part. Of several names the one of the smallest id counts, and
// what is there already stays. Rules in shadow give no names.
void name_session(RuleMatcher& matcher, SessionRecord& record);

// Notes which rules of category session match a session with its names, in order of id, and the
// pack that was asked.
void sign_session(RuleMatcher& matcher, SessionRecord& record);

}  // namespace sekimori
