#pragma once

#include <string>
#include <vector>

#include "core/text/complaint.h"

namespace sekimori {

// As syslog numbers them.
enum Priority : int { kError = 3, kWarning = 4, kInfo = 6 };

// One line to standard error, from any thread. The journal reads a syslog priority in angle
// brackets before the text.
void say(Priority priority, const std::string& line);
void say(const std::vector<Complaint>& complaints);

}  // namespace sekimori
