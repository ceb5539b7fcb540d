#include "collector/web/claims_request.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "collector/receive/claim_reader.h"

namespace sekimori {
namespace {

// `what` and the way out, without a file: the sender knows what it sent.
std::string reason_of(Complaint complaint) {
  complaint.file.clear();
  return complaint.text();
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool same_word(std::string_view left, std::string_view lower) {
  return std::equal(left.begin(), left.end(), lower.begin(), lower.end(), [](char one, char two) {
    return (one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one) == two;
  });
}

}  // namespace

std::optional<ClaimsBody> claims_body(std::string_view content_type) {
  const std::string_view type = trimmed(content_type.substr(0, content_type.find(';')));
  if (same_word(type, "application/json")) return ClaimsBody::json;
  for (const std::string_view lines :
       {"application/x-ndjson", "application/ndjson", "application/jsonl"}) {
    if (same_word(type, lines)) return ClaimsBody::json_lines;
  }
  if (same_word(type, "text/csv")) return ClaimsBody::csv;
  return std::nullopt;
}

ClaimsRequest::ClaimsRequest(ClaimsBody body, Timestamp arrival, TakeClaims take)
    : arrival_{arrival},
      take_{std::move(take)},
      undecided_{body == ClaimsBody::json},
      lines_{{"<request>", body == ClaimsBody::csv ? ClaimFormat::csv : ClaimFormat::json_lines,
              arrival},
             [this](Claim claim) { keep(std::move(claim)); }} {}

bool ClaimsRequest::feed(std::string_view bytes) {
  if (!undecided_) {
    lines_.feed(bytes);
    return worst_ == Intake::kept;
  }
  buffer_ += bytes;
  if (buffer_.size() > kLongestClaimLine) {
    undecided_ = false;
    const std::string whole = std::exchange(buffer_, {});
    lines_.feed(whole);
  }
  return worst_ == Intake::kept;
}

ApiAnswer ClaimsRequest::finish() {
  if (undecided_ && nlohmann::json::accept(buffer_)) {
    read_whole_object();
  } else {
    lines_.feed(buffer_);
    lines_.finish();
    bad_ = lines_.bad();
    complaints_ = lines_.complaints();
  }
  hand_on();
  return answer();
}

void ClaimsRequest::read_whole_object() {
  auto claim = read_claim_json(buffer_, arrival_);
  if (claim) return keep(std::move(*claim));
  claim.error().line = 1;
  bad_ = 1;
  complaints_.push_back(std::move(claim.error()));
}

void ClaimsRequest::keep(Claim claim) {
  group_.push_back(std::move(claim));
  if (group_.size() >= kGroup) hand_on();
}

void ClaimsRequest::hand_on() {
  const std::size_t size = group_.size();
  std::vector<Claim> group = std::exchange(group_, {});
  if (size == 0 || worst_ != Intake::kept) return;
  worst_ = take_(std::move(group));
  if (worst_ == Intake::kept) kept_ += size;
}

ApiAnswer ClaimsRequest::answer() const {
  nlohmann::ordered_json body;
  body["accepted"] = kept_;
  body["refused_count"] = bad_;
  body["refused"] = nlohmann::json::array();
  for (const Complaint& complaint : complaints_) {
    body["refused"].push_back({{"line", complaint.line}, {"reason", reason_of(complaint)}});
  }
  int status = bad_ == 0 ? 200 : kept_ == 0 ? 422 : 207;
  if (worst_ == Intake::busy) {
    status = 503;
    body["error"] = "too many claims wait to be judged: send all of them again after a while";
  } else if (worst_ == Intake::failed) {
    status = 500;
    body["error"] = "the store cannot write: send all of them again after a while";
  } else if (kept_ == 0 && bad_ == 0) {
    status = 422;
    body["error"] = "the request holds no claim";
  }
  // A reason may repeat the beginning of a key that was cut within a letter.
  return {status, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"};
}

}  // namespace sekimori
