#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/receive/claim.h"
#include "collector/receive/claim_reader.h"
#include "core/text/complaint.h"

namespace sekimori {

enum class ClaimFormat : std::uint8_t {
  unknown,  // told by the first line: CSV when it names a field, else JSON
  json_lines,
  csv,
};

// Where lines come from, for complaints and for claims that do not say when they were received.
struct ClaimOrigin {
  std::string name;  // file, or "<request>"
  ClaimFormat format = ClaimFormat::unknown;
  std::optional<Timestamp> arrival;  // see make_claim
};

// How many complaints are kept for people to read; the rest is counted.
inline constexpr std::size_t kKeptClaimComplaints = 100;

// Cuts a stream of bytes into lines and reads each as a claim. A bad line costs itself alone: the
// lines around it are read. Holds at most one line, and of an over-long one nothing. A byte order
// mark, CRLF, blank lines and a last line without an end are fine.
class ClaimLines {
 public:
  using OnClaim = std::function<void(Claim)>;

  ClaimLines(ClaimOrigin origin, OnClaim on_claim);

  void feed(std::string_view bytes);
  void finish();  // reads what stands after the last line end

  std::uint64_t good() const { return good_; }
  std::uint64_t bad() const { return bad_; }
  // Of the first bad lines, in order; at most kKeptClaimComplaints.
  const std::vector<Complaint>& complaints() const { return complaints_; }

 private:
  void end_line();
  void read(std::string_view line);
  void complain(Complaint complaint);

  ClaimOrigin origin_;
  OnClaim on_claim_;
  std::optional<ClaimColumns> columns_;
  bool refused_ = false;  // a CSV without a usable header: no line of it can be read
  std::string line_;
  bool too_long_ = false;
  std::uint32_t line_number_ = 1;
  std::uint64_t good_ = 0;
  std::uint64_t bad_ = 0;
  std::vector<Complaint> complaints_;
};

// How a whole file went. `complaints` as in ClaimLines.
struct ClaimFileReport {
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
  std::vector<Complaint> complaints;
};

// Reads a file of claims from front to back; ".csv" and ".ndjson", ".jsonl", ".json" name the
// format, else its first line tells. A claim without `received` counts as received at its own time.
// The complaint: the file cannot be opened or read to its end.
Loaded<ClaimFileReport> read_claim_file(const std::string& path,
                                        const ClaimLines::OnClaim& on_claim);

}  // namespace sekimori
