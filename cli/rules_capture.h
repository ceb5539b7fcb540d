#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/record/session_record.h"
#include "core/rules/pack.h"
#include "core/rules/rule.h"
#include "core/text/complaint.h"

namespace sekimori {

// Runs those tests of rules that name a capture: the sensor reads it, the pack names and signs its
// sessions as it would live (but for the classifier), and the rule is asked about each end record.
// Captures are read once.
class CaptureTests {
 public:
  explicit CaptureTests(std::shared_ptr<const RulePack> pack) : pack_{std::move(pack)} {}

  // A complaint for each test of the rule with a capture that says otherwise than it should.
  std::vector<Complaint> run(const CompiledRule& rule);

 private:
  using Records = std::vector<SessionRecord>;
  Loaded<const Records*> records_of(const std::string& path);
  std::vector<Complaint> run(const CompiledRule& rule, const RuleTest& test);

  std::shared_ptr<const RulePack> pack_;
  std::map<std::string, Records> read_;
};

}  // namespace sekimori
