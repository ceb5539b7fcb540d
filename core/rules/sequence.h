#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/rules/correlator.h"
#include "core/rules/inline_record.h"
#include "core/rules/pack.h"
#include "core/rules/rule_matcher.h"
#include "core/text/complaint.h"
#include "core/text/timestamp.h"
#include "core/text/yaml.h"

namespace sekimori {

// Of a record that was written out: with a field of a claim it is a claim, else a session.
Category sequence_category(const YamlNode& record) noexcept;
// claim.time, or event.start of a session; nothing where it is absent or none.
std::optional<Timestamp> sequence_time(const YamlNode& record) noexcept;

// Records that were written out, one after the other, as the collector would meet them: asked of
// the pack's rules, and what matches counted.
class Sequence {
 public:
  explicit Sequence(std::shared_ptr<const RulePack> pack);

  // What the record did, as Correlator::observe() says; complaints in `file` of fields and values
  // that are none, and where the time is missing. A record without an id is one of its own.
  LoadedAll<std::span<const CorrelationStep>> tell(const std::string& file, const YamlNode& record);
  // Rules that matched the record told last.
  std::span<const std::uint32_t> matched() const noexcept { return matched_; }
  const Correlator& correlator() const noexcept { return correlator_; }

 private:
  std::shared_ptr<const RulePack> pack_;
  RuleMatcher matcher_;
  Correlator correlator_;
  std::vector<std::uint32_t> matched_;
  std::uint64_t told_ = 0;
};

// Runs the tests of every correlation of the pack; a complaint for each that says otherwise than it
// should. match: it came to hold; undecided: it did not, and an event could not be counted.
std::vector<Complaint> run_sequence_tests(const RulePack& pack);

}  // namespace sekimori
