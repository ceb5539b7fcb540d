#pragma once

#include "core/record/session_record.h"
#include "core/rules/rule_matcher.h"

namespace sekimori {

// Names the session and notes which rules of category session match it, in order of id, and the
// pack that was asked.
//
// Rules that name a session run first, so that the others can ask for the names. They run twice
// when there is a name, so that one may rest on what another says; which of them has the smaller id
// plays no part. Of several names the one of the smallest id counts, and what the sensor's own
// parsers found stays. Rules in shadow give no names.
void match_session(RuleMatcher& matcher, SessionRecord& record);

}  // namespace sekimori
