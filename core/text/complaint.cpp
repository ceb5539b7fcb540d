#include "core/text/complaint.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace sekimori {
namespace {

// Control characters would let a hostile file forge further lines of a log.
void append_printable(std::string& out, std::string_view text) {
  for (const char one : text) {
    const bool control = static_cast<unsigned char>(one) < 0x20 || one == 0x7f;
    out.push_back(control ? ' ' : one);
  }
}

// Letters to insert, remove, replace or swap with their neighbour (optimal string alignment): a
// swap is the most frequent slip of a hand.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before;
  std::vector<std::size_t> above(right.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::vector<std::size_t> row(right.size() + 1, i);
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::move(above);
    above = std::move(row);
  }
  return above.back();
}

}  // namespace

std::string Complaint::text() const {
  std::string out;
  if (!file.empty()) {
    append_printable(out, file);
    if (line > 0) out += ":" + std::to_string(line);
    if (line > 0 && column > 0) out += ":" + std::to_string(column);
    out += ": ";
  }
  append_printable(out, what);
  if (!way_out.empty()) {
    out += " (";
    append_printable(out, way_out);
    out += ")";
  }
  return out;
}

std::string_view nearest_name(std::string_view word,
                              const std::vector<std::string_view>& candidates) {
  std::string_view nearest;
  std::size_t best = word.size() / 3 + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace sekimori
