#include "core/health/exposition.h"

#include <array>
#include <charconv>
#include <cmath>

#include "core/text/utf8.h"

namespace sekimori {
namespace {

// A backslash, a line feed and, in labels, a quotation mark are escaped; what is no UTF-8 is
// replaced byte by byte, because one wrong byte would cost the whole scrape.
void append_escaped(std::string& out, std::string_view text, bool quoted) {
  while (!text.empty()) {
    const std::size_t good = first_bad_utf8(text);
    for (const char one : text.substr(0, good)) {
      if (one == '\n') {
        out += "\\n";
        continue;
      }
      if (one == '\\' || (quoted && one == '"')) out += '\\';
      out += one;
    }
    text.remove_prefix(good);
    if (text.empty()) return;
    out += "\xef\xbf\xbd";  // U+FFFD
    text.remove_prefix(1);
  }
}

template <typename T>
void append_number(std::string& out, T value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

}  // namespace

Exposition& Exposition::family(MetricType type, std::string_view name, std::string_view help) {
  name_ = prefix_;
  name_ += name;
  text_.append("# HELP ").append(name_).append(" ");
  append_escaped(text_, help, false);
  text_.append("\n# TYPE ").append(name_);
  text_.append(type == MetricType::counter ? " counter\n" : " gauge\n");
  return *this;
}

void Exposition::begin_sample(std::initializer_list<MetricLabel> labels) {
  text_ += name_;
  char before = '{';
  for (const MetricLabel& label : labels) {
    text_ += before;
    text_.append(label.name).append("=\"");
    append_escaped(text_, label.value, true);
    text_ += '"';
    before = ',';
  }
  if (labels.size() > 0) text_ += '}';
  text_ += ' ';
}

Exposition& Exposition::sample(std::uint64_t value, std::initializer_list<MetricLabel> labels) {
  begin_sample(labels);
  append_number(text_, value);
  text_ += '\n';
  return *this;
}

Exposition& Exposition::sample(double value, std::initializer_list<MetricLabel> labels) {
  begin_sample(labels);
  if (std::isfinite(value)) {
    append_number(text_, value);
  } else {
    text_ += std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  }
  text_ += '\n';
  return *this;
}

}  // namespace sekimori
