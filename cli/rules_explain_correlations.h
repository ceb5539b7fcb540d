#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "core/rules/pack.h"
#include "core/rules/sequence.h"
#include "core/text/complaint.h"
#include "core/text/yaml.h"

namespace sekimori {

// The correlations of one file, which are told record after record what they count.
class ExplainedCorrelations {
 public:
  // `pack`: a folder in which they find the rules of other files; empty: the file alone.
  static LoadedAll<ExplainedCorrelations> open(const std::string& file, const std::string& pack,
                                               const Placeholders& placeholders, bool json);

  // One line for each correlation, of each group that the record counts in. False: the record was
  // complained of. `entries` as read_json_record() gives them.
  bool tell(std::ostream& out, const std::string& records, std::uint32_t line,
            const std::vector<YamlEntry>& entries);

 private:
  void tell_step(std::ostream& out, std::uint32_t line, const Correlation& correlation,
                 const CorrelationStep* step) const;
  void tell_json(std::ostream& out, std::uint32_t line, const Correlation& correlation,
                 const CorrelationStep* step) const;

  std::shared_ptr<const RulePack> pack_;
  std::unique_ptr<Sequence> sequence_;
  std::vector<std::uint32_t> numbers_;  // of the file's correlations in the pack
  bool json_ = false;
};

}  // namespace sekimori
