#include "collector/judge/verdict_table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/judge/cell_text.h"
#include "collector/judge/verdict_words.h"
#include "collector/judge/words.h"
#include "core/text/timestamp.h"
#include "core/text/yaml_map.h"

namespace sekimori {
namespace {

constexpr std::size_t kLeastWidth = 72;
// Narrower than this there is no room for the time.
constexpr std::size_t kTimeWidth = 100;
constexpr std::string_view kGap = "  ";

struct Column {
  std::string_view title;
  std::size_t width;
};

enum : std::size_t { kTime, kAccount, kClaims, kFrom, kMismatch, kWhy, kColumnCount };

using Row = std::array<std::string, kColumnCount>;
using Columns = std::array<Column, kColumnCount>;

Row row_of(const Verdict& verdict) {
  Row row;
  // "2024-03-26T01:02:03.456000Z" without year and fraction.
  const Rfc3339Text time = format_rfc3339(verdict.claim.time);
  row[kTime] = std::string{time.view().substr(5, 14)};
  row[kTime][5] = ' ';
  row[kAccount] = verdict.claim.account;
  row[kClaims] = claimed_words(verdict);
  row[kFrom] = origin_words(verdict);
  row[kMismatch] = sureness_words(verdict);
  row[kWhy] = reason_words(verdict);
  for (std::string& cell : row) cell = printable(cell);
  return row;
}

// The columns take what their content needs, up to a bound; the reasons get the rest.
Columns columns_for(const std::vector<Row>& rows, std::size_t width) {
  Columns columns{{{"TIME (UTC)", 14},
                   {"ACCOUNT", width / 8},
                   {"CLAIMS", 10},
                   {"CAME FROM", width / 4},
                   {"MISMATCH", 12},
                   {"WHAT SAYS SO", 0}}};
  std::size_t taken = 0;
  for (std::size_t at = 0; at < kWhy; ++at) {
    std::size_t needed = columns[at].title.size();
    for (const Row& row : rows) needed = std::max(needed, cells(row[at]));
    columns[at].width = std::min(columns[at].width, needed);
    if (at == kTime && width < kTimeWidth) columns[at].width = 0;
    taken += columns[at].width == 0 ? 0 : columns[at].width + kGap.size();
  }
  columns[kWhy].width = std::max<std::size_t>(width - std::min(width, taken), 15);
  return columns;
}

std::string_view color_of(Mismatch mismatch) noexcept {
  switch (mismatch) {
    case Mismatch::contradicted:
      return "\x1b[31m";
    case Mismatch::doubtful:
      return "\x1b[33m";
    case Mismatch::fits:
      return "\x1b[32m";
    case Mismatch::unknown:
      return "\x1b[2m";
  }
  return "";
}

class TableWriter {
 public:
  TableWriter(std::ostream& out, const Columns& columns, Paint paint)
      : out_{out}, columns_{columns}, paint_{paint} {}

  void header() {
    Row titles;
    for (std::size_t at = 0; at < kColumnCount; ++at) titles[at] = columns_[at].title;
    write(titles, "\x1b[1m", kColumnCount);
  }
  void row(const Row& row, Mismatch mismatch) { write(row, color_of(mismatch), kMismatch); }

 private:
  // `color` is for one column, or for all of them.
  void write(const Row& row, std::string_view color, std::size_t colored) {
    std::array<std::vector<std::string>, kColumnCount> lines;
    std::size_t height = 0;
    for (std::size_t at = 0; at < kColumnCount; ++at) {
      if (columns_[at].width == 0) continue;
      lines[at] = wrapped(row[at], columns_[at].width);
      height = std::max(height, lines[at].size());
    }
    for (std::size_t line = 0; line < height; ++line) {
      std::string whole;
      std::size_t owed = 0;  // blanks that only come when something follows
      for (std::size_t at = 0; at < kColumnCount; ++at) {
        if (columns_[at].width == 0) continue;
        const std::string text = line < lines[at].size() ? lines[at][line] : std::string{};
        if (!text.empty()) {
          whole.append(owed, ' ');
          owed = 0;
          const bool paints = paint_ == Paint::ansi && (colored == at || colored == kColumnCount);
          whole += paints ? std::string{color} + text + "\x1b[0m" : text;
        }
        owed += columns_[at].width - std::min(columns_[at].width, cells(text)) + kGap.size();
      }
      out_ << whole << '\n';
    }
  }

  std::ostream& out_;
  const Columns& columns_;
  Paint paint_;
};

void write_sums(std::ostream& out, std::span<const Verdict> verdicts) {
  std::array<std::size_t, 4> sums{};
  for (const Verdict& verdict : verdicts) ++sums.at(static_cast<std::size_t>(verdict.mismatch));
  const auto sum = [&](Mismatch mismatch) { return sums.at(static_cast<std::size_t>(mismatch)); };
  out << verdicts.size() << (verdicts.size() == 1 ? " claim: " : " claims: ")
      << sum(Mismatch::contradicted) << " contradicted, " << sum(Mismatch::doubtful)
      << " doubtful, " << sum(Mismatch::fits) << " fit, " << sum(Mismatch::unknown) << " unknown\n";
}

}  // namespace

TableStyle table_style(int descriptor) {
  TableStyle style;
  const bool terminal = ::isatty(descriptor) == 1;
  if (terminal && std::getenv("NO_COLOR") == nullptr) style.paint = Paint::ansi;
  const char* columns = std::getenv("COLUMNS");
  if (const auto width = columns == nullptr ? std::nullopt : kYamlCount.parse(columns)) {
    style.width = static_cast<std::size_t>(std::min<std::uint64_t>(*width, 1000));
    return style;
  }
  winsize size{};
  if (terminal && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.width = size.ws_col;
  }
  return style;
}

void write_verdict_table(std::ostream& out, std::span<const Verdict> verdicts, TableStyle style) {
  std::vector<Row> rows;
  for (const Verdict& verdict : verdicts) rows.push_back(row_of(verdict));
  const Columns columns = columns_for(rows, std::max(style.width, kLeastWidth));
  TableWriter writer{out, columns, style.paint};
  writer.header();
  for (std::size_t at = 0; at < rows.size(); ++at) writer.row(rows[at], verdicts[at].mismatch);
  out << '\n';
  write_sums(out, verdicts);
}

}  // namespace sekimori
