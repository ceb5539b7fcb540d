#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/complaint.h"

namespace sekimori {

// Sigma rules out of somebody else's list, one for each thing it names, as text of a rule file:
// experimental, at level low, with reference, false positives and tests. The same list gives the
// same ids, so that a newer one replaces an older one.
struct ImportedRules {
  std::string yaml;
  std::size_t rules = 0;
  std::size_t values = 0;           // fingerprints in them, each once
  std::vector<Complaint> left_out;  // lines or objects that could not be read; at most kMostTold
  std::size_t left_out_count = 0;
  static constexpr std::size_t kMostTold = 10;
};

// Bytes: the lists that there are have less than one mebibyte.
inline constexpr std::size_t kImportLimit = std::size_t{64} << 20U;

// abuse.ch SSLBL, "JA3 fingerprints" CSV: ja3_md5,Firstseen,Lastseen,Listingreason; lines with #
// are comments. Complains of a list without a single fingerprint.
Loaded<ImportedRules> import_sslbl_ja3(std::string_view file, std::string_view text);

// The JA4 database's JSON (ja4db.com): a list of objects with ja4_fingerprint, application,
// verified. Of its fingerprints only JA4 is read. Those that nobody verified are left out unless
// asked for.
Loaded<ImportedRules> import_ja4_database(std::string_view file, std::string_view text,
                                          bool unverified);

}  // namespace sekimori
