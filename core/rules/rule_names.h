#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/rules/rule.h"
#include "core/text/complaint.h"

namespace sekimori {

// What the ids and names of a pack call: one namespace, since both call a rule.
class RuleNames {
 public:
  enum class Kind : std::uint8_t { rule, filter, correlation };
  struct Named {
    std::string file;
    Kind kind = Kind::rule;
    std::size_t index = 0;  // among those of its kind
  };

  explicit RuleNames(std::vector<Complaint>& complaints) : complaints_{complaints} {}

  // Complains of an id or a name that stands twice.
  void add(const RuleFacts& facts, const std::string& file, Kind kind, std::size_t index);
  // A rule or a correlation; complains of a word that is neither, with the nearest.
  const Named* find(const std::string& file, const YamlNode& word);

 private:
  std::vector<Complaint>& complaints_;
  std::map<std::string, Named, std::less<>> known_;
};

}  // namespace sekimori
