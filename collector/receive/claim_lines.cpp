#include "collector/receive/claim_lines.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>

namespace sekimori {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kReadSize = 64 * 1024;

struct FileCloser {
  void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
};

ClaimFormat format_of(std::string_view path) {
  for (const std::string_view ending : {".ndjson", ".jsonl", ".json"}) {
    if (path.ends_with(ending)) return ClaimFormat::json_lines;
  }
  return path.ends_with(".csv") ? ClaimFormat::csv : ClaimFormat::unknown;
}

Complaint unreadable(const std::string& path, int error) {
  return {path, 0, 0, "cannot be read: " + std::generic_category().message(error),
          "name a file of claims, one JSON object per line or CSV"};
}

}  // namespace

ClaimLines::ClaimLines(ClaimOrigin origin, OnClaim on_claim)
    : origin_{std::move(origin)}, on_claim_{std::move(on_claim)} {}

void ClaimLines::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    // One byte more than a line may have: the carriage return of its end.
    if (line_.size() + part.size() > kLongestClaimLine + 1) {
      too_long_ = true;
      line_.clear();
    }
    if (!too_long_) line_ += part;
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    end_line();
  }
}

void ClaimLines::finish() {
  if (!line_.empty() || too_long_) end_line();
}

void ClaimLines::end_line() {
  std::string_view line = line_;
  if (line_number_ == 1 && line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (too_long_) {
    complain({{},
              0,
              0,
              "longer than " + std::to_string(kLongestClaimLine) + " bytes",
              "one claim per line"});
  } else if (line.find_first_not_of(" \t") != std::string_view::npos) {
    read(line);
  }
  line_.clear();
  too_long_ = false;
  ++line_number_;
}

void ClaimLines::read(std::string_view line) {
  if (origin_.format == ClaimFormat::unknown) {
    origin_.format =
        ClaimColumns::looks_like_header(line) ? ClaimFormat::csv : ClaimFormat::json_lines;
  }
  if (origin_.format == ClaimFormat::csv && !columns_) {
    if (refused_) {
      ++bad_;
      return;
    }
    auto columns = ClaimColumns::parse(line);
    if (columns) {
      columns_ = std::move(*columns);
    } else {
      refused_ = true;
      complain(std::move(columns.error()));
    }
    return;
  }
  auto claim = columns_ ? columns_->read_claim(line, origin_.arrival)
                        : read_claim_json(line, origin_.arrival);
  if (!claim) return complain(std::move(claim.error()));
  ++good_;
  on_claim_(std::move(*claim));
}

void ClaimLines::complain(Complaint complaint) {
  ++bad_;
  if (complaints_.size() == kKeptClaimComplaints) return;
  complaint.file = origin_.name;
  complaint.line = line_number_;
  complaints_.push_back(std::move(complaint));
}

Loaded<ClaimFileReport> read_claim_file(const std::string& path,
                                        const ClaimLines::OnClaim& on_claim) {
  const std::unique_ptr<std::FILE, FileCloser> file{std::fopen(path.c_str(), "rbe")};
  if (!file) return tl::unexpected{unreadable(path, errno)};
  ClaimLines lines{{path, format_of(path), std::nullopt}, on_claim};
  std::array<char, kReadSize> buffer{};
  errno = 0;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    lines.feed({buffer.data(), size});
  }
  if (std::ferror(file.get()) != 0) return tl::unexpected{unreadable(path, errno)};
  lines.finish();
  return ClaimFileReport{lines.good(), lines.bad(), lines.complaints()};
}

}  // namespace sekimori
