#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/record/field.h"
#include "core/rules/compile.h"
#include "core/text/complaint.h"
#include "core/text/yaml.h"

namespace sekimori {

// A record written in a rule's own tests: names of a schema and values of their types.
class InlineRecord {
 public:
  static LoadedAll<InlineRecord> read(std::string_view file, const std::vector<YamlEntry>& entries,
                                      std::span<const FieldSpec> schema);

  // Borrows this record; it must stay where it is.
  FieldReader reader() const noexcept;

 private:
  struct Slot {
    FieldValue value;  // of the scalar types but text
    std::string text;
    std::vector<AlpnName> names;
    std::vector<SignatureMatch> matches;
    FieldType type = FieldType::text;
    bool present = false;
  };

  static bool fill(Slot& slot, const YamlNode& node);
  static FieldValue read_slot(const void* self, FieldId id, FieldScratch& scratch) noexcept;

  std::vector<Slot> slots_;  // by field id
};

// Runs the rule's own tests but those with a capture, which need a sensor; a complaint for each
// that says otherwise than it should.
std::vector<Complaint> run_rule_tests(const CompiledRule& rule, std::span<const FieldSpec> schema);

}  // namespace sekimori
