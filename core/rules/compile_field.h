#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/record/field.h"
#include "core/rules/compile.h"
#include "core/rules/field_test.h"
#include "core/rules/rule.h"
#include "core/text/complaint.h"

namespace sekimori {

// Where complaints of one rule go, and what its names and values are looked up in.
struct CompileContext {
  std::string_view file;
  std::span<const FieldSpec> schema;
  const Placeholders& placeholders;
  std::vector<Complaint>& complaints;

  void complain(std::uint32_t line, std::uint32_t column, std::string what,
                std::string way_out = {}) const;
  // The id, or a complaint with the nearest name.
  std::optional<FieldId> find(std::string_view name, std::uint32_t line,
                              std::uint32_t column) const;
};

// Complaints only when something is wrong; the test is then of no use.
FieldTest compile_field(const FieldMatch& match, const CompileContext& context);

}  // namespace sekimori
