#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>

#include "collector/judge/verdict.h"

namespace sekimori {

enum class Paint : std::uint8_t { plain, ansi };

struct TableStyle {
  std::size_t width = 120;  // terminal cells; at least 72 are used
  Paint paint = Paint::plain;
};

// The terminal's width (COLUMNS, else the terminal's own, else 120), and colour where `descriptor`
// is a terminal and NO_COLOR is not set.
TableStyle table_style(int descriptor);

// The table a person understands: who claims what, from where they came, what says so, how sure.
// In the order given. Control characters of a claim never reach the terminal.
void write_verdict_table(std::ostream& out, std::span<const Verdict> verdicts, TableStyle style);

}  // namespace sekimori
