#pragma once

#include <string>

#include "collector/judge/verdict.h"

namespace sekimori {

// The verdict line of DESIGN.md section 6: one JSON object on one line, without a line end. The
// same verdict gives the same bytes; nothing of a payload is in it.
void append_verdict_json(std::string& out, const Verdict& verdict);

}  // namespace sekimori
