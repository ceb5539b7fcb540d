#pragma once

#include <string>
#include <vector>

#include "core/rules/pack.h"
#include "core/text/complaint.h"

namespace sekimori {

// Where a pack comes from.
struct PackFiles {
  std::string rules;    // a folder of *.yml; empty: there are no rules
  std::string regions;  // a file of the lists that rules name as %name%; empty: none

  friend bool operator==(const PackFiles&, const PackFiles&) = default;
};

// The pack of these files; without a folder one that has no rules and no hash.
LoadedAll<RulePack> load_pack(const PackFiles& files, const PackSchemas& schemas);

// What of these files belongs to neither root nor the user that this process runs as: who owns a
// file can change what it says whenever he likes, and so decide what a daemon calls a person.
// Symbolic links are followed. To be asked by daemons; a person may try anybody's rules.
std::vector<Complaint> strangers_files(const PackFiles& files);

}  // namespace sekimori
