#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/receive/claim.h"
#include "collector/receive/claim_lines.h"

namespace sekimori {

// What became of claims that were handed on.
enum class Intake : std::uint8_t {
  kept,    // on the disk, will be judged
  busy,    // too many wait already: nothing was kept, the sender comes back
  failed,  // the store cannot write: nothing was kept
};
using TakeClaims = std::function<Intake(std::vector<Claim>)>;

// What a body is, by its content type; nothing for one that holds no claims.
enum class ClaimsBody : std::uint8_t { json, json_lines, csv };
std::optional<ClaimsBody> claims_body(std::string_view content_type);

// HTTP status and JSON body of an answer.
struct ApiAnswer {
  int status = 200;
  std::string body;
};

// Reads the body of POST /v1/claims as it comes in, and hands claims on in groups, so that a long
// body takes no more memory than a short one.
//
// `json` is one object, however it is laid out, or one object per line. The answer counts what was
// kept and names the first bad lines: 200 all were good, 207 some, 422 none (or there was no
// claim), 503 too many wait, 500 the store fails. After 500 and 503 the sender sends all of it
// again: a claim that came twice is one.
class ClaimsRequest {
 public:
  ClaimsRequest(ClaimsBody body, Timestamp arrival, TakeClaims take);
  ClaimsRequest(const ClaimsRequest&) = delete;  // its lines call back into it
  ClaimsRequest& operator=(const ClaimsRequest&) = delete;

  // False: the rest of the body need not be read.
  bool feed(std::string_view bytes);
  ApiAnswer finish();

 private:
  // Claims handed on at once: one transaction of some milliseconds.
  static constexpr std::size_t kGroup = 1000;

  void keep(Claim claim);
  void hand_on();
  void read_whole_object();
  ApiAnswer answer() const;

  Timestamp arrival_;
  TakeClaims take_;
  bool undecided_;      // may still be one object of several lines
  std::string buffer_;  // while undecided, at most one line's bytes
  ClaimLines lines_;
  std::vector<Claim> group_;
  std::uint64_t kept_ = 0;
  std::uint64_t bad_ = 0;
  std::vector<Complaint> complaints_;
  Intake worst_ = Intake::kept;
};

}  // namespace sekimori
