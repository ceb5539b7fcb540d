#include "sensor/log.h"

#include <cstdlib>
#include <iostream>

namespace sekimori {

void say(Priority priority, const std::string& line) {
  static const bool to_journal = std::getenv("JOURNAL_STREAM") != nullptr;
  const std::string prefix = to_journal ? "<" + std::to_string(static_cast<int>(priority)) + ">"
                                        : std::string{"sekimori-sensor: "};
  std::cerr << prefix + line + "\n";
}

void say(const std::vector<Complaint>& complaints) {
  for (const Complaint& complaint : complaints) say(kError, complaint.text());
}

}  // namespace sekimori
