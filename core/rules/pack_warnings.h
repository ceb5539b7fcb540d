#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/rules/pack.h"

namespace sekimori {

// What is no fault, and yet not what its author will want.
struct RuleWarning {
  std::string file;
  std::string rule;  // id
  std::string title;
  // untested, unreferenced, unbounded (says nothing of false positives), ja3_only, unindexed,
  // negates_absent, unknown_name, overlap: for who filters.
  std::string_view kind;
  std::string what;
  std::string way_out;

  std::string text() const;  // one line
};

// Names that a session can get without a rule, by field: what parsers and classifier say.
struct KnownNames {
  std::set<std::string, std::less<>> protocols, applications, remote_access, tunnels;
};

// In order of the rules' ids.
std::vector<RuleWarning> warnings_of(const RulePack& pack, const KnownNames& known);

}  // namespace sekimori
